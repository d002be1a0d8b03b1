"""Which fds are stream sockets, and when: this distinguishes reads of requests from others.

An fd is what the last observation before the moment in its stretch found, else the first one after
(stretches as in analysis.fdnames). Without an observation that tells, the call that returned the fd
decides: accept returns a stream socket, open and the like do not. Otherwise it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.changes import BITS, WHAT, Changes, Some
from analysis.fdlines import FdSeen
from analysis.spools import Records
from analysis.windows.grouping import Places
from analysis.windows.recording import Recording
from tracer.shared import fds
from tracer.shared.records import Life
from tracer.shared.syscalls import by_number_of

Numbers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

MAYBE: Final = 0
NO: Final = 1
YES: Final = 2
CODE: Final = 3
"""The bits of a change (analysis.changes) for one of these; its kind is above them."""

BEGAN: Final = 0 << 2
CLOSED: Final = 1 << 2
GIVEN: Final = 2 << 2
SEEN: Final = 3 << 2
"""Kinds of changes; at the same moment the last one decides. All but SEEN begin a stretch, BEGAN
that of a process. A call is about what its fd was before: what it changes, it changes one
nanosecond later.
"""

STREAMS: Final = ("tcp", "unix")
"""Kinds of files over which requests come. The type of a unix socket is not recorded."""
VAGUE: Final = (fds.GONE, fds.SOCKET)
"""Kinds of observations that do not tell."""

MOST_SYSCALLS: Final = 1 << 16
"""Numbers of system calls that a record can hold."""
CLOSES: Final = 1
GIVES: Final = 2
ACCEPTS: Final = 3
"""What a system call does to an fd; 0: none of these."""


@dataclass(frozen=True, eq=False)
class Streams:
    """What fds (``fd_keys``) are, by time."""

    changes: Changes

    def at(self, pids: npt.NDArray[Any], fds: npt.NDArray[Any], at_ns: npt.NDArray[Any]) -> Codes:
        """Return whether each of ``fds`` of ``pids`` is one at its moment: YES, NO or MAYBE."""
        numbers = self.changes.numbers(fd_keys(pids, fds))
        known = np.flatnonzero(numbers >= 0)
        found = np.full(len(numbers), MAYBE, np.int8)
        if len(known):
            found[known] = self._at(numbers.take(known), at_ns.take(known).astype(np.int64))
        return found

    def _at(self, numbers: Places, at_ns: Numbers) -> Codes:
        """Return that for the fds with ``numbers``, at least one; most do not change."""
        asked = np.flatnonzero(np.bincount(numbers))
        first, end = np.zeros((2, len(self.changes.keys)), np.intp)
        for ends, moment in ((first, at_ns.min()), (end, at_ns.max())):
            ends[asked] = self.changes.ends(asked, np.full(len(asked), moment))
        here = first.take(numbers)
        apart = np.flatnonzero(here != end.take(numbers))
        here[apart] = self.changes.ends_between(here[apart], end[numbers[apart]], at_ns[apart])
        codes = self.changes.changes.take(here - 1, mode="clip") & CODE
        return np.where(here > self.changes.starts.take(numbers), codes, MAYBE).astype(np.int8)


def streams_of(recording: Recording) -> Streams:
    """Return which fds of ``recording`` are stream sockets, from one pass over its calls."""
    does = _what_calls_do(recording.manifest.architecture)
    seen = _Seen.of(recording.fds.seen)
    found: list[Some] = []
    during = [_Turns.of(recording.calls.records[:0], does)]
    for window in recording.calls.windows():
        turns = _Turns.of(window, does)
        found.append(Some.of(turns.keys, turns.at_ns, turns.what))
        if len(seen.keys):
            during.append(turns[seen.closed_while(turns)])
    changes = Changes.of(found)
    seen = seen[seen.are_sure(changes, during)]
    more = [_lives(recording.tasks.records, np.union1d(changes.keys, seen.keys))]
    if len(seen.keys):
        unique = np.unique(seen.keys)
        more.append(Some.of(unique, np.zeros(len(unique), np.int64), BEGAN | MAYBE))
        more.append(Some.of(seen.keys, seen.at_ns, SEEN | seen.codes))
    if any(len(each.keys) for each in more):
        changes = Changes.of([changes.some, *more])
        _tell(changes.changes)
    return Streams(changes)


def fd_keys(pids: npt.NDArray[Any], fds: npt.NDArray[Any]) -> Numbers:
    """Return the keys of ``fds`` of the processes ``pids``: pid * 2^32 + fd."""
    return pids.astype(np.int64) << 32 | (fds.astype(np.int64) & 0xFFFF_FFFF)


@dataclass(frozen=True, eq=False)
class _Turns:
    """Calls that closed or returned fds: which, and from when on they are ``what``.

    ``over_ns`` is when the call had returned.
    """

    keys: Numbers
    at_ns: Numbers
    what: Codes
    over_ns: Numbers

    @classmethod
    def of(cls, calls: Records, does: Codes) -> Self:
        """Return those among ``calls``; a close counts from its beginning."""
        done = does.take(calls["syscall"])
        some, done = calls.take(np.flatnonzero(done)), done[done > 0]
        pids, numbers, given, enter_ns, exit_ns = (
            some[name].astype(np.int64) for name in ("pid", "fd", "ret", "enter_ns", "exit_ns")
        )
        closed = done == CLOSES
        what = np.where((done == ACCEPTS) & (numbers >= 0), GIVEN | YES, GIVEN | NO)
        turns = cls(
            fd_keys(pids, np.where(closed, numbers, given)),
            np.where(closed, enter_ns, exit_ns) + 1,
            np.where(closed, CLOSED | MAYBE, what).astype(np.int8),
            exit_ns,
        )
        happened = (exit_ns > 0) & (closed | (given >= 0))
        return turns if happened.all() else turns[happened]

    def __getitem__(self, rows: npt.NDArray[Any]) -> Self:
        return type(self)(self.keys[rows], self.at_ns[rows], self.what[rows], self.over_ns[rows])


@dataclass(frozen=True, eq=False)
class _Seen:
    """Observations: of which fds, from when until when, and what they tell."""

    keys: Numbers
    at_ns: Numbers
    end_ns: Numbers
    codes: Codes

    @classmethod
    def of(cls, seen: Sequence[FdSeen]) -> Self:
        """Return what the observations ``seen`` tell."""
        codes = [
            MAYBE if each.kind in VAGUE else YES if each.kind in STREAMS else NO for each in seen
        ]
        pids, numbers, at_ns, took_ns = (
            np.array([getattr(each, name) for each in seen], np.int64)
            for name in ("pid", "fd", "at_ns", "took_ns")
        )
        return cls(fd_keys(pids, numbers), at_ns, at_ns + took_ns, np.array(codes, np.int8))

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
        closed = turns.what == CLOSED | MAYBE
        during: Flags = closed & (begun > ended) & np.isin(turns.keys, self.keys)
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
        given = last & (WHAT ^ CODE) == GIVEN
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


def _lives(tasks: Records, keys: Numbers) -> Some:
    """Return when the processes of fds were forked or execed, for each of ``keys``."""
    kind, leads = tasks["kind"], tasks["tid"] == tasks["pid"]
    begun = tasks[(kind == Life.EXECED) | ((kind == Life.FORKED) & leads)]
    pids = begun["pid"].astype(np.int64)
    first, end = np.searchsorted(keys, [pids << 32, pids + 1 << 32])
    mine = [np.arange(*each) for each in zip(first.tolist(), end.tolist(), strict=True)]
    places = np.concatenate([np.zeros(0, np.intp), *mine])
    at_ns = np.repeat(begun["ts_ns"].astype(np.int64), end - first)
    return Some.of(keys[places], at_ns, BEGAN | MAYBE)


def _tell(changes: Numbers) -> None:
    """Apply each observation among ``changes`` to its stretch, from the stretch's beginning.

    An observation that does not tell leaves what the stretch's beginning says.
    """
    seen = np.flatnonzero(changes.view(np.uint8)[::8] & (WHAT ^ CODE) == SEEN)
    first = np.flatnonzero(np.diff(seen, prepend=-1) > 1)
    begins = seen[first] - 1
    given = np.repeat(changes[begins] & CODE, np.diff(first, append=len(seen)))
    codes = changes[seen] & CODE
    changes[seen] = changes[seen] & ~CODE | np.where(codes == MAYBE, given, codes)
    changes[begins] = changes[begins] & ~CODE | changes[seen[first]] & CODE
