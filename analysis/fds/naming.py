"""Finds the fd of polls for which the kernel knows only the file.

epoll_wait polls a ready item's file and looks up no fd. Where the probes see the item
(``ep_item_poll``), it has the fd. Otherwise, the same file was polled by the EPOLL_CTL_ADD that
registered it, or by a select or poll, where the fd was known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tracer.shared.records import StepKind

UNKNOWN = -1


class FileNames:
    """The fds of files, carried from stretch to stretch as a trace is read.

    A FD_POLL step without an fd gets that of the last poll of the same file (``object``) by the
    same process. A file's address is reused after a close, but then a poll with an fd comes first.
    A file with two fds (dup) gets the one used last.
    """

    def __init__(self) -> None:
        """Begin a trace, with nothing known yet."""
        none = np.zeros(0, np.int64)
        self._pids, self._objects, self._fds = none, none.astype(np.uint64), none

    def named(
        self,
        kinds: npt.NDArray[Any],
        pids: npt.NDArray[Any],
        objects: npt.NDArray[Any],
        fds: npt.NDArray[Any],
    ) -> npt.NDArray[np.int64]:
        """Return the fd of each step of the next stretch; UNKNOWN for a poll without one."""
        named = fds.astype(np.int64)
        polls = np.flatnonzero(kinds == StepKind.FD_POLL)
        if not len(polls):
            return named
        pids = np.concatenate([self._pids, pids[polls]])
        objects = np.concatenate([self._objects, objects[polls]])
        found = np.concatenate([self._fds, named[polls]])
        by_object, _ = pd.factorize(objects)
        files, there = pd.factorize(by_object.astype(np.int64) << 32 | pids.astype(np.int64))
        if (found < 0).any():
            found = _last_known(files, found)
        last = np.full(len(there), UNKNOWN, np.int64)
        last[files] = np.arange(len(files))  # the last of several
        last = last[found[last] >= 0]
        self._pids, self._objects, self._fds = pids[last], objects[last], found[last]
        named[polls] = found[-len(polls) :]
        return named


def _last_known(files: npt.NDArray[np.intp], fds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return ``fds``; where one is not known, the last one before it of the same file."""
    order = np.argsort(files, kind="stable")
    files, sorted_fds = files[order], fds[order]
    begins = np.flatnonzero(np.diff(files, prepend=-1))
    places = np.where(sorted_fds >= 0, np.arange(len(files)), -1)
    places[begins] = begins  # known or not: before it is another file
    named = np.empty_like(fds)
    named[order] = sorted_fds[np.maximum.accumulate(places)]
    return named
