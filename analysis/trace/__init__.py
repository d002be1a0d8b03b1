"""Reads a trace's files: checked, never trusted, with what is missing marked."""
