"""Lays out a timeline's bars side by side in tracks, so that none covers another."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.timeline import Timeline
from analysis.timeline.parts import Arrow, Bar, Span


@dataclass(frozen=True)
class Placed:
    """A span and its place: moments ``first`` to ``last`` (inclusive), and its ``track``.

    Tracks count from 0 in the column of queues; sleeps are in the waiter's lane and have none (-1).
    ``span`` is the index of the span in the timeline. ``opens`` and ``ends``: it begins or ends
    within the picture. ``lasts_ns``: from the first moment to the last.
    """

    span: int
    bar: Bar
    first: int
    last: int
    track: int
    words: str
    seen: bool
    opens: bool
    ends: bool
    lasts_ns: int


def placed_spans(timeline: Timeline) -> list[Placed]:
    """Return the spans of ``timeline`` by beginning, each in the first free track."""
    last_moment = len(timeline.moments) - 1
    busy_until: list[int] = []
    placed = []
    for place, span in sorted(enumerate(timeline.spans), key=lambda each: _begin(each[1])):
        first = max(_begin(span), 0)
        last = max(first, last_moment if span.last is None else span.last)
        track = -1 if span.bar == "asleep" else _free(busy_until, first, last)
        lasts_ns = timeline.moments[last].after_ns - timeline.moments[first].after_ns
        placed.append(
            Placed(
                span=place, bar=span.bar, first=first, last=last, track=track, words=span.words,
                seen=span.seen, opens=span.first is not None, ends=span.last is not None,
                lasts_ns=lasts_ns,
            )
        )  # fmt: skip
    return placed


def _begin(span: Span) -> int:
    return -1 if span.first is None else span.first


def _free(busy_until: list[int], first: int, last: int) -> int:
    """Return the first track with nothing in it at ``first``, and take it until ``last``."""
    for track, until in enumerate(busy_until):
        if until < first:
            busy_until[track] = last
            return track
    busy_until.append(last)
    return len(busy_until) - 1


def track_of(arrow: Arrow, bars: list[Placed]) -> int:
    """Return the track of the bar to which an arrow to the queues goes; 0 if there is none."""
    return next((bar.track for bar in bars if bar.span == arrow.span and bar.track >= 0), 0)
