"""Recordings inside a guest: ``outside`` asks, ``inside`` does it there."""
