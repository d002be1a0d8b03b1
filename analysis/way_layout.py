"""Where the bars of a way stand: side by side in tracks, so that none covers another."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.way import Way
from analysis.way_parts import Bar, Span


@dataclass(frozen=True)
class Placed:
    """A span and its place: moments ``first`` to ``last`` (inclusive), and its ``track``.

    Tracks count from 0 in the column of queues; sleeps stand beside the waiter and have none
    (-1). ``opens`` and ``ends``: it begins or is over within the picture.
    """

    bar: Bar
    first: int
    last: int
    track: int
    words: str
    count: int
    seen: bool
    opens: bool
    ends: bool


def placed_spans(way: Way) -> list[Placed]:
    """Return the spans of ``way`` in order of beginning, each in the first track that is free."""
    last_moment = len(way.moments) - 1
    busy_until: list[int] = []
    placed = []
    for span in sorted(way.spans, key=_from):
        first, last = max(_from(span), 0), last_moment if span.last is None else span.last
        track = -1 if span.bar == "asleep" else _free(busy_until, first, last)
        placed.append(
            Placed(
                bar=span.bar, first=first, last=max(first, last), track=track, words=span.words,
                count=span.count, seen=span.seen, opens=span.first is not None,
                ends=span.last is not None,
            )
        )  # fmt: skip
    return placed


def _from(span: Span) -> int:
    return -1 if span.first is None else span.first


def _free(busy_until: list[int], first: int, last: int) -> int:
    """Return the first track with nothing in it at ``first``, and take it until ``last``."""
    for track, until in enumerate(busy_until):
        if until < first:
            busy_until[track] = last
            return track
    busy_until.append(last)
    return len(busy_until) - 1
