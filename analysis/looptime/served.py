"""What programs served: events returned by waits, requests received by reads.

A request is a read that brought data from a connected TCP or unix socket. One that takes two reads
counts as two, several in one read as one: what the bytes mean is not recorded. On a client's side
it is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from analysis.fds.streams import MAYBE, YES, Streams
from analysis.findings.selecting import WAITS
from analysis.trace.missing import Flags
from analysis.windows.grouping import Places, coded, sums_by_code
from analysis.windows.window import Window


@dataclass(frozen=True)
class Served:
    """``events``: fds that waits found ready; ``requests`` as above.

    ``unknown``: reads that brought data, perhaps not from such a socket.
    """

    events: int
    requests: int
    unknown: int

    def combine(self, later: Self, /) -> Self:
        """Return what was served in both stretches."""
        return type(self)(
            self.events + later.events,
            self.requests + later.requests,
            self.unknown + later.unknown,
        )


def served(window: Window, streams: Streams) -> Mapping[int, Served]:
    """Return what was served by phase; a call belongs to the phase that it began in.

    ``streams`` are those of its recording.
    """
    had_result = _had_result(window)
    waits = np.flatnonzero(had_result & window.are(*WAITS))
    requests, unknown = _requests(window, had_result, streams)
    place, phases = coded(window.phases)
    count = len(phases)
    numbers = zip(
        phases.tolist(),
        sums_by_code(place.take(waits), count, window.of_calls("ret").take(waits)).tolist(),
        np.bincount(place.take(requests), minlength=count).tolist(),
        np.bincount(place.take(unknown), minlength=count).tolist(),
        strict=True,
    )
    return {phase: Served(*each) for phase, *each in numbers}


def _requests(window: Window, had_result: Flags, streams: Streams) -> tuple[Places, Places]:
    """Return the calls that read a request, and those for which that is not known."""
    reads = np.flatnonzero(had_result & window.are("read"))
    fields = (window.of_calls(name).take(reads) for name in ("pid", "fd", "enter_ns"))
    found = streams.at(*fields)
    return reads[found == YES], reads[found == MAYBE]


def _had_result(window: Window) -> Flags:
    """Return which calls returned more than 0."""
    had_result: Flags = window.of_calls("ret") > 0
    missing = window.missing.get("ret")
    return had_result if missing is None else had_result & ~missing
