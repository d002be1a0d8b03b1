"""Recordings inside a guest: ``outside`` requests them on the host, ``inside`` makes them."""
