"""What programs served: events returned by waits, requests received by reads.

A request is a read that brought data from a connected TCP or unix socket. One that comes in two
reads is two, several that come in one read are one: what the bytes mean is not recorded. On a
client's side it is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from analysis.fdnames import FdNames, fds_at
from analysis.missing import FAMILY_NAMES, Flags
from analysis.windows.grouping import among
from analysis.windows.window import Window

WAITS: Final = ("select", "poll", "epoll_wait")


@dataclass(frozen=True)
class Served:
    """``events``: fds that waits found ready; ``requests`` as above.

    ``unknown``: reads that brought data, and of which it is not known whether from such a socket.
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


def served(window: Window, names: FdNames) -> Mapping[int, Served]:
    """Return what was served by phase; a call belongs to the phase that it began in."""
    returned = np.where(_gave(window), window.of_calls("ret").astype(np.int64), 0)
    waits = among(window.families, [FAMILY_NAMES.index(name) for name in WAITS])
    requests, unknown = request_calls(window, names)
    phases, place = np.unique(window.phases, return_inverse=True)
    count = len(phases)
    numbers = zip(
        phases.tolist(),
        np.bincount(place[waits], returned[waits], minlength=count).tolist(),
        np.bincount(place[requests], minlength=count).tolist(),
        np.bincount(place[unknown], minlength=count).tolist(),
        strict=True,
    )
    return {phase: Served(int(events), read, other) for phase, events, read, other in numbers}


def request_calls(window: Window, names: FdNames) -> tuple[Flags, Flags]:
    """Return which calls of ``window`` read a request, and of which it is not known."""
    requests, unknown = np.zeros((2, len(window.calls)), bool)
    reads = np.flatnonzero(_gave(window) & (window.families == FAMILY_NAMES.index("read")))
    if len(reads):
        streams = names.streams(fds_at(window.calls[reads]))
        requests[reads] = streams.eq(True).fillna(False).to_numpy(bool)
        unknown[reads] = streams.isna().to_numpy(bool)
    return requests, unknown


def _gave(window: Window) -> Flags:
    """Return which calls gave more than 0 back."""
    gave: Flags = window.of_calls("ret") > 0
    missing = window.missing.get("ret")
    return gave if missing is None else gave & ~missing
