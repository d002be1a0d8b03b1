"""What the bench says of a goal."""

from __future__ import annotations

NOT_MET = "NOT met"


def met(yes: bool) -> str:
    """Return the word for a goal that is met, or is not."""
    return "met" if yes else NOT_MET
