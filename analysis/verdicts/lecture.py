"""A chapter of the page of verdicts, with several claims."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lecture:
    """A chapter of the course."""

    id: str
    title: str
