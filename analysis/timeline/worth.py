"""What makes a call worth seeing: that it waits, slept, was woken by a callback, polled fds."""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.timeline.about_fd import AboutFd
from analysis.timeline.opened import OpenedFiles
from analysis.trace.missing import Flags
from analysis.windows.grouping import Places
from analysis.windows.recording import Recording, are_in
from analysis.windows.window import Numbers, Window

MULTIPLEXING: Final = (
    "epoll_wait", "poll", "select", "io_uring_enter", "io_getevents", "rt_sigtimedwait",
)  # fmt: skip
WAITING: Final = (*MULTIPLEXING, "read")
"""Families of calls to choose from. A read counts as a wait if it queued an entry, or might have
(EAGAIN): a read of a file, such as the dynamic loader's, is never chosen.
"""
ABOUT_IT, OF_WAITER, WAITS_FOR_MANY, BY_CALLBACK, WOKEN, POLLED = 32, 16, 8, 4, 2, 1
"""Bits that rank a call before others, the first above all that follow."""
HIGHEST: Final = OF_WAITER + WAITS_FOR_MANY + BY_CALLBACK + WOKEN + POLLED
FIELDS: Final = (
    "pid", "tid", "seq", "syscall", "fd", "ret", "enter_ns", "wall_ns", "kernel_ns",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Worth:
    """Calls of ``window`` that may be chosen: their places in it, and what ranks them.

    Calls with the same key in ``keys`` are alike; ``alike`` is how many such calls each represents.
    """

    window: Window
    places: Places
    ranks: Numbers
    empty: Flags
    slept: Flags
    keys: Numbers
    alike: Numbers

    @classmethod
    def of(
        cls, recording: Recording, window: Window, places: Places, about: AboutFd | OpenedFiles
    ) -> Self:
        """Return the calls at ``places``; each represents itself alone."""
        ranks = _ranks(recording, window, places)
        if isinstance(about, AboutFd):
            ranks += ABOUT_IT * are_in(window.keys.take(places), about.found_ready)
        empty, slept = _empty(window, places), window.of_calls("sleeps").take(places) > 0
        tids, syscalls = (
            window.of_calls(name).take(places).astype(np.int64) for name in ("tid", "syscall")
        )
        keys = tids << 32 | syscalls << 16 | ranks << 2 | empty << 1 | slept
        return cls(window, places, ranks, empty, slept, keys, np.ones(len(places), np.int64))

    def __getitem__(self, rows: npt.NDArray[np.intp] | Flags) -> Self:
        """Return the selected calls."""
        names = ("places", "ranks", "empty", "slept", "keys", "alike")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @property
    def firsts(self) -> Self:
        """The first of the calls that are alike; it represents them all."""
        groups, keys = pd.factorize(self.keys)
        first = np.empty(len(keys), np.intp)
        first[groups[::-1]] = np.arange(len(groups))[::-1]  # the last assignment wins
        return replace(self[first], alike=np.bincount(groups, minlength=len(keys)))

    @property
    def frame(self) -> pd.DataFrame:
        """Columns: FIELDS (kernel_ns -1: not known), place, rank, empty, slept, alike."""
        rows = {name: self.window.column(name, self.places) for name in FIELDS}
        unknown = self.window.missing.get("kernel_ns")
        if unknown is not None:
            rows["kernel_ns"][unknown.take(self.places)] = -1
        return pd.DataFrame(rows).assign(
            place=self.window.first_call + self.places,
            rank=self.ranks,
            empty=self.empty,
            slept=self.slept,
            alike=self.alike,
        )


def waits(window: Window, files: OpenedFiles, chosen: Flags) -> Flags:
    """Return which of the ``chosen`` calls wait for fds, or might have."""
    if not chosen.any():
        files.reads(window, np.zeros(0, np.intp))
        return chosen
    reads = window.are("read") & chosen
    lacking = window.missing.get("insertions")
    queued = window.of_calls("insertions") > 0
    if lacking is not None:  # no hook saw entries: a sleep must suffice
        queued = np.where(lacking, window.of_calls("sleeps") > 0, queued)
    places = np.flatnonzero(reads & (queued | (window.of_calls("ret") == -errno.EAGAIN)))
    found = window.are(*MULTIPLEXING) & chosen
    found[places[~files.reads(window, places)]] = True
    return found


def _ranks(recording: Recording, window: Window, places: Places) -> Numbers:
    def some(column: str) -> Flags:
        there: Flags = window.of_calls(column).take(places) > 0
        missing = window.missing.get(column)
        return there if missing is None else there & ~missing.take(places)

    slept = some("sleeps")
    ranks: Numbers = (
        OF_WAITER * _of_waiters(recording, window, places)
        + WAITS_FOR_MANY * window.are(*MULTIPLEXING).take(places)
        + BY_CALLBACK * (slept & some("notified"))
        + WOKEN * (slept & some("wakeups"))
        + POLLED * some("fd_polls")
    )
    return ranks


def _of_waiters(recording: Recording, window: Window, places: Places) -> Flags:
    """Return which of ``places`` a waiter made; all if there is no truth."""
    if recording.truth is None:
        return np.ones(len(places), bool)
    waiters = [
        phase.number << 32 | tid
        for phase in recording.truth.phases
        for tid in ([waiter.tid for waiter in phase.waiters] or [phase.tid])
    ]
    made = window.phases.take(places) << 32 | window.of_calls("tid").take(places).astype(np.int64)
    return np.isin(made, waiters)


def _empty(window: Window, places: Places) -> Flags:
    """Return which of the calls at ``places`` returned nothing."""
    ret = window.of_calls("ret").take(places)
    many = window.are(*MULTIPLEXING).take(places)
    nothing: Flags = (many & (ret == 0)) | (ret == -errno.EAGAIN)
    return nothing
