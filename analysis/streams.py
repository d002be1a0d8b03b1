"""Which fds are stream sockets, and when: by that the read of a request is told from others.

An fd is what the last observation of a stretch of it found, else the first one (stretches are those
of analysis.fdnames). Where there is none, or it does not tell, it is what the call gave out with
which the stretch began: accept gives a stream socket, open and the like give none. Else it is not
known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.fdlines import FdSeen
from analysis.spools import Records
from analysis.windows.grouping import Places
from analysis.windows.recording import Recording
from tracer.shared import fds
from tracer.shared.records import Life
from tracer.shared.syscalls import by_number_of

Numbers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]

MAYBE: Final = -1
NO: Final = 0
YES: Final = 1
STREAMS: Final = ("tcp", "unix")
"""Kinds of files that requests come by. What kind of unix socket one is, is not recorded."""
VAGUE: Final = (fds.GONE, fds.SOCKET)
"""Kinds by which an observation does not tell."""

BEGIN: Final = 0
LIFE: Final = 1
CLOSED: Final = 2
GIVEN: Final = 3
SEEN: Final = 4
"""Sorts of events; of those at one moment the last has the say. All but SEEN begin a stretch."""
EVENT: Final = np.dtype(
    [("fd", "<i8"), ("at_ns", "<i8"), ("over_ns", "<i8"), ("sort", "i1"), ("code", "i1")]
)
"""What happens to an fd (``fd_keys``), which is from then on what ``code`` says; it was over at
``over_ns``. A call that closes an fd or gives it out is itself about what that was before: it
counts from the next nanosecond on."""

MOST_SYSCALLS: Final = 1 << 16
"""Numbers of system calls that a record can hold."""
CLOSES: Final = 1
GIVES: Final = 2
ACCEPTS: Final = 3
"""What a system call does with an fd; 0: none of these."""


@dataclass(frozen=True, eq=False)
class Streams:
    """What fds are, by time.

    ``fds`` (``fd_keys``) are those of which anything is known, in order, ``moments`` all times at
    which one changes. ``codes`` has fd by fd what it is from each change on, ``places`` where that
    is: see ``_places``.
    """

    fds: Numbers
    moments: Numbers
    places: Numbers
    codes: Codes

    @classmethod
    def of(cls, events: Records) -> Self:
        """Return what fds are that ``events`` (EVENT) tell of, in any order but that of turns."""
        keys = np.unique(events["fd"])
        begin = np.zeros(len(keys), EVENT)
        begin["fd"], begin["sort"], begin["code"] = keys, BEGIN, MAYBE
        events = np.concatenate([begin, events])
        events = events[np.lexsort((events["sort"], events["at_ns"], events["fd"]))]
        moments = np.unique(events["at_ns"])
        places = _places(moments, np.searchsorted(keys, events["fd"]), events["at_ns"])
        return cls(keys, moments, places, _codes(events))

    def at(self, pids: npt.NDArray[Any], fds: npt.NDArray[Any], at_ns: npt.NDArray[Any]) -> Codes:
        """Return what each of ``fds`` of ``pids`` is at its moment: YES, NO or MAYBE."""
        if not len(self.fds):
            return np.full(len(pids), MAYBE, np.int8)
        keys, at_ns = fd_keys(pids, fds), at_ns.astype(np.int64)
        numbers = np.minimum(np.searchsorted(self.fds, keys), len(self.fds) - 1)
        known = self.fds.take(numbers) == keys
        found = np.full(len(keys), MAYBE, np.int8)
        if known.any():
            found[known] = self._at(numbers[known], at_ns[known])
        return found

    def _at(self, numbers: Numbers, at_ns: Numbers) -> Codes:
        """Return what the fds are that have ``numbers``, at least one; most do not change."""
        asked = np.flatnonzero(np.bincount(numbers))
        first, last = (
            self._last(asked, np.full(len(asked), moment)) for moment in (at_ns.min(), at_ns.max())
        )
        codes, changes = np.zeros((2, len(self.fds)), np.int8)
        codes[asked], changes[asked] = self.codes[first], first != last
        found = codes.take(numbers)
        apart = np.flatnonzero(changes.take(numbers))
        found[apart] = self.codes[self._last(numbers[apart], at_ns[apart])]
        return found

    def _last(self, numbers: Numbers, at_ns: Numbers) -> Places:
        """Return the last change, at its moment or before it, of each fd that has ``numbers``."""
        wanted = _places(self.moments, numbers, at_ns)
        return np.searchsorted(self.places, wanted, side="right") - 1


def streams_of(recording: Recording) -> Streams:
    """Return which fds of ``recording`` are stream sockets, from one pass over its calls."""
    does = _what_calls_do(recording.manifest.architecture)
    found = [_turns(window, does) for window in recording.calls.windows()]
    turns = np.concatenate([np.zeros(0, EVENT), *found])
    seen = _sure(_seen(recording.fds.seen), turns)
    keys = np.unique(np.concatenate([turns["fd"], seen["fd"]]))
    return Streams.of(np.concatenate([_lives(recording.tasks.records, keys), turns, seen]))


def fd_keys(pids: npt.NDArray[Any], fds: npt.NDArray[Any]) -> Numbers:
    """Return what tells each of ``fds`` of the processes ``pids``: pid * 2^32 + fd."""
    return pids.astype(np.int64) << 32 | (fds.astype(np.int64) & 0xFFFF_FFFF)


def _places(moments: Numbers, numbers: Numbers, at_ns: Numbers) -> Numbers:
    """Return where the fds with ``numbers`` are at ``at_ns``: in order of these two."""
    return numbers * (len(moments) + 1) + np.searchsorted(moments, at_ns, side="right")


def _codes(events: Records) -> Codes:
    """Return what an fd is after each of ``events``, which are in order and begin with BEGIN."""
    is_seen = events["sort"] == SEEN
    begun = np.maximum.accumulate(np.where(is_seen, 0, np.arange(len(events))))
    told = np.where(is_seen, events["code"], np.int8(MAYBE))
    first = np.flatnonzero(is_seen[1:] & ~is_seen[:-1])
    told[first] = events["code"][first + 1]  # it was that before it was seen, too
    return np.where(told == MAYBE, events["code"].take(begun), told)


def _what_calls_do(architecture: str) -> Codes:
    """Return by the number of a system call what it does with an fd."""
    does = np.zeros(MOST_SYSCALLS, np.int8)
    for number, call in by_number_of(architecture).items():
        if call.family == "close":
            does[number] = CLOSES
        elif call.family in fds.GIVING:
            does[number] = ACCEPTS if call.family == "accept" else GIVES
    return does


def _turns(calls: Records, does: Codes) -> Records:
    """Return the turns that ``calls`` were; a close counts from its beginning on."""
    done = does.take(calls["syscall"])
    calls, done = calls.take(np.flatnonzero(done)), done[done > 0]
    kept = (calls["exit_ns"] > 0) & ((done == CLOSES) | (calls["ret"] >= 0))
    calls, done = calls[kept], done[kept]
    closed, accepted = done == CLOSES, (done == ACCEPTS) & (calls["fd"] >= 0)
    return _events(
        np.where(closed, CLOSED, GIVEN),
        fd_keys(calls["pid"], np.where(closed, calls["fd"], calls["ret"])),
        np.where(closed, calls["enter_ns"], calls["exit_ns"]).astype(np.int64) + 1,
        np.where(closed, MAYBE, np.where(accepted, YES, NO)),
        calls["exit_ns"].astype(np.int64),
    )


def _lives(tasks: Records, keys: Numbers) -> Records:
    """Return when the processes of fds began anew, of each of ``keys`` that is one of theirs."""
    kind, leads = tasks["kind"], tasks["tid"] == tasks["pid"]
    anew = tasks[(kind == Life.EXECED) | ((kind == Life.FORKED) & leads)]
    pids = anew["pid"].astype(np.int64)
    first, end = np.searchsorted(keys, [pids << 32, pids + 1 << 32])
    mine = [np.arange(*each) for each in zip(first.tolist(), end.tolist(), strict=True)]
    places = np.concatenate([np.zeros(0, np.int64), *mine])
    at_ns = np.repeat(anew["ts_ns"].astype(np.int64), end - first)
    return _events(LIFE, keys[places], at_ns, MAYBE)


def _seen(seen: tuple[FdSeen, ...]) -> Records:
    """Return what was seen of fds; it takes until ``over_ns``."""
    code = [MAYBE if each.kind in VAGUE else int(each.kind in STREAMS) for each in seen]
    pids, numbers, at_ns, took_ns = (
        np.array([getattr(each, name) for each in seen], np.int64)
        for name in ("pid", "fd", "at_ns", "took_ns")
    )
    return _events(SEEN, fd_keys(pids, numbers), at_ns, code, at_ns + took_ns)


def _sure(seen: Records, turns: Records) -> Records:
    """Return what was ``seen``, but for what was while one of ``turns`` was under way there."""
    about = turns[np.isin(turns["fd"], seen["fd"])]
    about = about[np.lexsort((about["sort"], about["at_ns"]))]
    ended = seen[np.argsort(seen["over_ns"], kind="stable")]
    last = pd.merge_asof(
        pd.DataFrame({"fd": ended["fd"], "at_ns": ended["over_ns"] + 1}),
        pd.DataFrame({name: about[name] for name in ("fd", "at_ns", "over_ns")}),
        on="at_ns",
        by="fd",
    )
    kept = ended[(last["over_ns"].fillna(0) < ended["at_ns"]).to_numpy()]
    return kept[np.argsort(kept["at_ns"], kind="stable")]


def _events(
    sort: Any, keys: Numbers, at_ns: Numbers, codes: Any, over_ns: Numbers | int = 0
) -> Records:
    found = np.empty(len(keys), EVENT)
    found["fd"], found["at_ns"], found["over_ns"] = keys, at_ns, over_ns
    found["sort"], found["code"] = sort, codes
    return found
