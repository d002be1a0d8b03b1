"""Which fds are stream sockets, and when: it distinguishes reads of a request from others.

If an observation tells (analysis.fds.turns), it decides. Otherwise the call that returned the fd
does: accept returns a stream socket, open and the like none. Otherwise it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.fds.changes import Changes
from analysis.fds.identity import identified
from analysis.fds.turns import Coding, fd_changes, fd_keys
from analysis.trace.fdlines import FdSeen
from analysis.windows.recording import WINDOW, Recording
from tracer.shared import fds

Codes = npt.NDArray[np.int8]

MAYBE: Final = 0
NO: Final = 1
YES: Final = 2
STREAMS: Final = ("tcp", "unix")
"""Kinds of files over which requests come. The type of a unix socket is not recorded."""
VAGUE: Final = (fds.GONE, fds.SOCKET)
"""Kinds of observations that do not tell."""


@dataclass(frozen=True, eq=False)
class Streams:
    """What fds are, by time."""

    changes: Changes

    def at(self, pids: npt.NDArray[Any], fds: npt.NDArray[Any], at_ns: npt.NDArray[Any]) -> Codes:
        """Return whether each of ``fds`` of ``pids`` is one at its moment: YES, NO or MAYBE."""
        return self.changes.at(fd_keys(pids, fds), at_ns.astype(np.int64), MAYBE)


def streams_of(recording: Recording, size: int = WINDOW) -> Streams:
    """Return which fds of ``recording`` are stream sockets, from one pass over its calls.

    ``size``: calls to read at a time.
    """
    return Streams(fd_changes(recording, _coding(recording.fds.seen), size))


def _coding(seen: Sequence[FdSeen]) -> Coding:
    codes = [MAYBE if each.kind in VAGUE else YES if each.kind in STREAMS else NO for each in seen]
    return Coding(
        none=MAYBE,
        given=lambda accepted, _: np.where(accepted, YES, NO).astype(np.int8),
        seen=np.array(codes, np.int8)[identified(seen)],
        resolved=lambda observed, given: np.where(observed == MAYBE, given, observed),
    )
