"""What happens to fds: when calls close and return them, and what observations tell.

A stretch of an fd ends when a call closes it, when accept, open and the like return its number
again, and when its process forks or execs. What an observation tells holds for the whole stretch up
to the next one; before the first, that one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.fds.changes import BITS, SORT, Changes, Some
from analysis.trace.fdlines import FdSeen
from analysis.trace.spools import Records
from analysis.windows.recording import WINDOW, Recording
from tracer.shared import fds
from tracer.shared.records import Life
from tracer.shared.syscalls import by_number_of

Numbers = npt.NDArray[np.int64]
Codes = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]

BEGAN: Final = 0
CLOSED: Final = 1
GIVEN: Final = 2
SEEN: Final = 3
"""Sorts of changes; of those at the same moment the last counts. All but SEEN begin a stretch,
BEGAN those of a new process. A call is itself about what its fd was: what it changes, it changes
one nanosecond later."""

MOST_SYSCALLS: Final = 1 << 16
"""How many system call numbers a record can hold."""
CLOSES: Final = 1
GIVES: Final = 2
ACCEPTS: Final = 3
"""What a system call does to an fd; 0: none of these."""


@dataclass(frozen=True)
class Coding:
    """How to code what an fd is: ``none`` if nothing is known.

    ``given`` returns the codes of fds that calls returned: whether each was accepted, and from
    which listener. ``seen`` has the code of each observation of the trace; ``resolved`` returns
    what applies, given the codes of observations and those at the beginnings of their stretches.
    """

    none: int
    given: Callable[[Flags, Numbers], Codes]
    seen: Codes
    resolved: Callable[[Codes, Codes], Codes]


def fd_changes(recording: Recording, coding: Coding, size: int = WINDOW) -> Changes:
    """Return what happens to the fds of ``recording`` (``fd_keys``), from one pass over its calls.

    The codes are as in ``coding``. ``size``: calls to read at a time.
    """
    does = _what_calls_do(recording.manifest.architecture)
    seen = _Seen.of(recording.fds.seen, coding.seen)
    nothing = _Turns.of(recording.calls.records[:0], does, coding)
    found, during = [nothing.some], [nothing]
    for window in recording.calls.windows(size):
        turns = _Turns.of(window, does, coding)
        found.append(turns.some)
        if len(seen.keys):
            during.append(turns[seen.closed_while(turns)])
    changes = Changes.of(found)
    seen = seen[seen.are_sure(changes, during)]

    def began(keys: Numbers, at_ns: Numbers) -> Some:
        return Some.of(keys, at_ns, BEGAN, np.full(len(keys), coding.none, coding.seen.dtype))

    keys = np.unique(seen.keys)
    more = [
        began(*_lives(recording.tasks.records, np.union1d(changes.keys, keys))),
        began(keys, np.zeros(len(keys), np.int64)),
        Some.of(seen.keys, seen.at_ns, SEEN, seen.codes),
    ]
    if any(len(each.keys) for each in more):
        changes = Changes.of([changes.some, *more])
        _resolve(changes, coding)
    return changes


def fd_keys(pids: npt.NDArray[Any], fds: npt.NDArray[Any]) -> Numbers:
    """Return the keys of ``fds`` of the processes ``pids``: pid * 2^32 + fd."""
    return pids.astype(np.int64) << 32 | (fds.astype(np.int64) & 0xFFFF_FFFF)


@dataclass(frozen=True, eq=False)
class _Turns:
    """Calls that closed or returned fds: which fds, and from when on each has a code.

    ``over_ns`` is when the call had returned.
    """

    keys: Numbers
    at_ns: Numbers
    closed: Flags
    codes: Codes
    over_ns: Numbers

    @classmethod
    def of(cls, calls: Records, does: Codes, coding: Coding) -> Self:
        """Return those among ``calls``; a close counts from its beginning."""
        done = does.take(calls["syscall"])
        some, done = calls.take(np.flatnonzero(done)), done[done > 0]
        pids, numbers, given, enter_ns, exit_ns = (
            some[name].astype(np.int64) for name in ("pid", "fd", "ret", "enter_ns", "exit_ns")
        )
        closed = done == CLOSES
        codes = coding.given((done == ACCEPTS) & (numbers >= 0), numbers)
        codes[closed] = coding.none
        turns = cls(
            fd_keys(pids, np.where(closed, numbers, given)),
            np.where(closed, enter_ns, exit_ns) + 1,
            closed,
            codes,
            exit_ns,
        )
        happened = (exit_ns > 0) & (closed | (given >= 0))
        return turns if happened.all() else turns[happened]

    def __getitem__(self, rows: Flags) -> Self:
        return type(self)(
            self.keys[rows],
            self.at_ns[rows],
            self.closed[rows],
            self.codes[rows],
            self.over_ns[rows],
        )

    @property
    def some(self) -> Some:
        """What they change."""
        return Some.of(self.keys, self.at_ns, np.where(self.closed, CLOSED, GIVEN), self.codes)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Observations: of which fds, from when until when, and what they tell."""

    keys: Numbers
    at_ns: Numbers
    end_ns: Numbers
    codes: Codes

    @classmethod
    def of(cls, seen: Sequence[FdSeen], codes: Codes) -> Self:
        """Return the observations ``seen``, which tell ``codes``."""
        pids, numbers, at_ns, took_ns = (
            np.array([getattr(each, name) for each in seen], np.int64)
            for name in ("pid", "fd", "at_ns", "took_ns")
        )
        return cls(fd_keys(pids, numbers), at_ns, at_ns + took_ns, codes)

    def __getitem__(self, rows: Flags) -> Self:
        return type(self)(self.keys[rows], self.at_ns[rows], self.end_ns[rows], self.codes[rows])

    @cached_property
    def _begins_ns(self) -> Numbers:
        return np.sort(self.at_ns)

    @cached_property
    def _ends_ns(self) -> Numbers:
        return np.sort(self.end_ns)

    def closed_while(self, turns: _Turns) -> Flags:
        """Return which of ``turns`` closed one of these fds during an observation."""
        begun = np.searchsorted(self._begins_ns, turns.over_ns, side="right")
        ended = np.searchsorted(self._ends_ns, turns.at_ns - 1)
        during: Flags = turns.closed & (begun > ended) & np.isin(turns.keys, self.keys)
        return during

    def are_sure(self, changes: Changes, during: Sequence[_Turns]) -> Flags:
        """Return which were not made while a call was closing or returning the fd.

        ``changes`` are by calls, ``during`` has those that closed fds during an observation.
        """
        sure = np.ones(len(self.keys), bool)
        numbers = changes.numbers(self.keys)
        rows = np.flatnonzero(numbers >= 0)
        last = changes.ends(numbers[rows], self.end_ns[rows] + 1) - 1
        there = last >= changes.starts[numbers[rows]]
        rows, last = rows[there], changes.changes[last[there]]
        closes = pd.DataFrame(
            {
                name: np.concatenate([getattr(each, name) for each in during])
                for name in ("keys", "at_ns", "over_ns")
            }
        ).drop_duplicates(["keys", "at_ns"], keep="last")
        about = pd.DataFrame({"keys": self.keys[rows], "at_ns": last >> BITS})
        closed_ns = about.merge(closes, how="left")["over_ns"].fillna(0).to_numpy(np.int64)
        given = last & SORT == GIVEN
        sure[rows] = np.where(given, (last >> BITS) - 1, closed_ns) < self.at_ns[rows]
        return sure


def _what_calls_do(architecture: str) -> Codes:
    """Return by system call number what the call does to an fd."""
    does = np.zeros(MOST_SYSCALLS, np.int8)
    for number, call in by_number_of(architecture).items():
        if call.family == "close":
            does[number] = CLOSES
        elif call.family in fds.GIVING:
            does[number] = ACCEPTS if call.family == "accept" else GIVES
    return does


def _lives(tasks: Records, keys: Numbers) -> tuple[Numbers, Numbers]:
    """Return when the processes of fds were forked or execed, for each of ``keys``: key, time."""
    kind, leads = tasks["kind"], tasks["tid"] == tasks["pid"]
    begun = tasks[(kind == Life.EXECED) | ((kind == Life.FORKED) & leads)]
    pids = begun["pid"].astype(np.int64)
    first, end = np.searchsorted(keys, [pids << 32, pids + 1 << 32])
    mine = [np.arange(*each) for each in zip(first.tolist(), end.tolist(), strict=True)]
    places = np.concatenate([np.zeros(0, np.intp), *mine])
    at_ns = np.repeat(begun["ts_ns"].astype(np.int64), end - first)
    return keys[places], at_ns


def _resolve(changes: Changes, coding: Coding) -> None:
    """Apply each observation among ``changes`` to its stretch, from the stretch's beginning."""
    sorts, codes = changes.changes.view(np.uint8)[::8] & SORT, changes.codes
    seen = np.flatnonzero(sorts == SEEN)
    first = np.flatnonzero(np.diff(seen, prepend=-1) > 1)
    begins = seen[first] - 1
    given = np.repeat(codes[begins], np.diff(first, append=len(seen)))
    codes[seen] = coding.resolved(codes[seen], given)
    codes[begins] = codes[seen[first]]
