"""Tests of tracer.api."""
