"""Compares recordings: what differs, by how much, and whether that exceeds their spread."""
