"""The way of one event for a terminal."""

from __future__ import annotations

from analysis.tables import table
from analysis.way import Way
from tracer.shared.say import Said, say, shown

NS_PER_US = 1000
NS_PER_MS = 1_000_000


def time_words(ns: int) -> Said:
    """Return a time to read: "0 µs", "16.7 µs", "71.4 ms"."""
    if ns < NS_PER_MS:
        return say("{time} µs", time=_digits(ns / NS_PER_US))
    return say("{time} ms", time=_digits(ns / NS_PER_MS))


def microseconds(ns: int) -> str:
    """Return ``ns`` in µs to read: "0", "1.19", "16.7", "70,403"."""
    return _digits(ns / NS_PER_US)


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def way_table(way: Way, width: int) -> str:
    """Return the moments one below the other: who, the kernel's name, the words, µs."""
    rows = [
        (
            shown(way.lanes[moment.lane].name),
            f"{moment.kernel} x{moment.count}" if moment.count > 1 else moment.kernel,
            shown(moment.words),
            moment.after_ns / NS_PER_US,
        )
        for moment in way.moments
    ]
    headers = [shown(text) for text in (say("who"), say("kernel"), say("what happens"), "µs")]
    return table(headers, rows, width, words=3)
