"""Raised by a claim, its picture or its timeline when the evidence does not suffice."""

from __future__ import annotations

from tracer.shared.errors import TracerError


class Undecided(TracerError):  # noqa: N818 - a verdict, not an error: decide() catches it
    """The trace lacks the evidence that is needed; the message says what is missing."""
