"""A chapter of the page of verdicts, which tells several claims."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lecture:
    """A chapter of the course."""

    id: str
    title: str
