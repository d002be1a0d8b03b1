"""Traces of any length: read in windows, each of which gives a partial result that combines."""
