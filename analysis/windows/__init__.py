"""Traces of any length, read in windows; each gives a partial result, and these combine."""
