"""Tests of tracer.doctor."""
