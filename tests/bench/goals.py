"""What the benchmark says about a goal."""

from __future__ import annotations

NOT_MET = "NOT met"


def met(yes: bool) -> str:
    """Return the word for whether a goal is met."""
    return "met" if yes else NOT_MET
