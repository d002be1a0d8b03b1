"""Tests of analysis.live."""
