"""A timeline with its middle left out: repetitions are shown once, and counted."""

from __future__ import annotations

from dataclasses import replace

from analysis.timeline import Timeline
from analysis.timeline.parts import Arrow, Span


def shortened(timeline: Timeline, most: int) -> Timeline:
    """Return ``timeline`` with at most ``most`` moments: the first two thirds, and the last third.

    Spans that extend into what is left out end, or begin, at its edge.
    """
    surplus = len(timeline.moments) - most
    if surplus <= 0:
        return timeline
    head = most - most // 3
    tail = head + surplus
    kept = [place for place, span in enumerate(timeline.spans) if not _within(span, head, tail)]
    return replace(
        timeline,
        moments=(*timeline.moments[:head], *timeline.moments[tail:]),
        spans=tuple(_clipped(timeline.spans[place], head, surplus) for place in kept),
        arrows=tuple(
            _moved(arrow, head, surplus, kept)
            for arrow in timeline.arrows
            if not head <= arrow.moment < tail
        ),
        left_out=surplus,
        left_out_at=head,
    )  # fmt: skip


def _within(span: Span, head: int, tail: int) -> bool:
    """Return whether a span begins and ends within what is left out."""
    if span.first is None or span.last is None:
        return False
    return span.first >= head and span.last < tail


def _clipped(span: Span, head: int, surplus: int) -> Span:
    first, last = span.first, span.last
    if first is not None and first >= head:
        first = max(first - surplus, head)
    if last is not None and last >= head:
        last = last - surplus if last >= head + surplus else head - 1
    return replace(span, first=first, last=last)


def _moved(arrow: Arrow, head: int, surplus: int, kept: list[int]) -> Arrow:
    moment = arrow.moment if arrow.moment < head else arrow.moment - surplus
    lands = arrow.lands
    if lands is not None and lands >= head:
        lands = lands - surplus if lands >= head + surplus else None
    span = kept.index(arrow.span) if arrow.span in kept else None
    return Arrow(moment, arrow.to, lands, span)
