"""Recordings held side by side: what differs, by how much, and is it more than their spread."""
