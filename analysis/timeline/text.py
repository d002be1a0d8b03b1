"""The timeline of one call for a terminal."""

from __future__ import annotations

from analysis.terminal.tables import table
from analysis.timeline import Timeline
from tracer.shared.clock import NS_PER_MS, NS_PER_US
from tracer.shared.message import Message, localized, message


def time_words(ns: int) -> Message:
    """Return a time as text: "0 µs", "16.7 µs", "71.4 ms"."""
    if ns < NS_PER_MS:
        return message("{time} µs", time=_digits(ns / NS_PER_US))
    return message("{time} ms", time=_digits(ns / NS_PER_MS))


def microseconds(ns: int) -> str:
    """Return ``ns`` in µs as text: "0", "1.19", "16.7", "70,403"."""
    return _digits(ns / NS_PER_US)


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def timeline_table(timeline: Timeline, width: int) -> str:
    """Return the moments one below the other: who, the kernel's name, the words, µs."""
    rows = [
        (
            localized(timeline.lanes[moment.lane].name),
            f"{moment.kernel} x{moment.count}" if moment.count > 1 else moment.kernel,
            localized(moment.words),
            moment.after_ns / NS_PER_US,
        )
        for moment in timeline.moments
    ]
    headers = [
        localized(text)
        for text in (message("who"), message("kernel"), message("what happens"), "µs")
    ]
    return table(headers, rows, width, words=3)
