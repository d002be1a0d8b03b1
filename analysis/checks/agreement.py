"""Cross-checks a call's counters against the steps that they count.

Steps name their call by tid and number. What is incomplete at a window's border is kept until the
rest comes: a call whose steps are not all there, steps whose call has not returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from analysis.trace.missing import Flags
from analysis.windows.problems import NO_PROBLEMS, Problem, Problems
from analysis.windows.window import SEQ, Window
from tracer.shared.message import message
from tracer.shared.records import StepKind
from tracer.shared.syscalls import Syscall, by_number_of

Numbers = npt.NDArray[np.int64]
FindCalls = Callable[[Numbers], Window]
"""Returns the calls of a trace that have one of these keys (analysis.windows.window.call_keys)."""

COUNTED: Final[dict[str, StepKind]] = {
    "fd_polls": StepKind.FD_POLL,
    "insertions": StepKind.INSERTION,
    "removals": StepKind.REMOVAL,
    "callbacks": StepKind.CALLBACK,
    "sleep_calls": StepKind.SLEEP,
    "sleeps": StepKind.SWITCH_OUT,
}
"""Columns that count steps of a kind. ``wakeups`` and ``notified`` are left out: the waker makes
those steps, and they carry the waker's call."""
PREEMPTIONS: Final = "preemptions"
"""Counts the steps SWITCH_OUT of value 1; ``sleeps`` those of value 0."""
SUMMED: Final = {"bytes_in": StepKind.COPY_IN, "bytes_out": StepKind.COPY_OUT}
"""Columns that add up the values of steps of a kind."""
COLUMNS: Final = (*COUNTED, PREEMPTIONS, *SUMMED)
WIDTH: Final = len(COLUMNS)
MOST_OPEN: Final = 1 << 17
"""Most calls that wait for their steps; beyond that the oldest count as wrong."""


def no_flags(keys: Numbers) -> Flags:
    """Return a flag per key, none of them set."""
    return np.zeros(len(keys), bool)


@dataclass(frozen=True, eq=False)
class Open:
    """Unsettled calls, by ``keys``: arrays with a row per call and a column for each of COLUMNS.

    ``places`` are those of the calls; where there are only steps, that of the first step, with -1
    in ``syscalls``. ``known``: which columns have a counter.
    """

    keys: Numbers
    places: Numbers
    syscalls: Numbers
    counted: Numbers
    known: Flags
    stepped: Numbers

    @property
    def has_call(self) -> Flags:
        """Which rows have their call."""
        return self.syscalls >= 0

    @property
    def wrong(self) -> Flags:
        """Which counters of which calls differ from the sum of the steps seen so far."""
        differ: Flags = (self.counted != self.stepped) & self.known & self.has_call[:, None]
        return differ

    def at(self, rows: npt.NDArray[Any]) -> Open:
        """Return these ``rows``."""
        return Open(self.keys[rows], self.places[rows], self.syscalls[rows], self.counted[rows],
                    self.known[rows], self.stepped[rows])  # fmt: skip

    def unsettled(self) -> Open:
        """Return the rows that still lack a half."""
        return self.at(np.flatnonzero(self.wrong.any(axis=1) | ~self.has_call))

    def joined(self, other: Open) -> Open:
        """Return both, the two halves of a call as one row."""
        keys, place = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        syscalls = np.full(len(keys), -1)
        np.maximum.at(syscalls, place, np.concatenate([self.syscalls, other.syscalls]))
        of_call = np.concatenate([self.has_call, other.has_call]) >= (syscalls >= 0)[place]
        places = np.full(len(keys), np.iinfo(np.int64).max)
        np.minimum.at(places, place[of_call], np.concatenate([self.places, other.places])[of_call])
        counted, stepped = np.zeros((2, len(keys), WIDTH), np.int64)
        np.add.at(counted, place, np.concatenate([self.counted, other.counted]))
        np.add.at(stepped, place, np.concatenate([self.stepped, other.stepped]))
        known = np.ones((len(keys), WIDTH), bool)
        np.logical_and.at(known, place, np.concatenate([self.known, other.known]))
        return Open(keys, places, syscalls, counted, known, stepped)

    def in_order(self) -> Open:
        """Return the rows by place: first calls, then steps without a call."""
        return self.at(np.lexsort((self.places, ~self.has_call)))

    def disagreeing(self, architecture: str) -> Problems:
        """Return each disagreement, call by call."""
        ordered = self.in_order()
        wrong = ordered.wrong
        rows, columns = np.nonzero(wrong)
        names = by_number_of(architecture)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return Problems.of((ordered.problem(*pair, names) for pair in pairs), int(wrong.sum()))

    def problem(self, row: int, column: int, names: Mapping[int, Syscall]) -> Problem:
        """Return a sentence saying that the counter ``column`` of the call ``row`` is wrong."""
        syscall, key = int(self.syscalls[row]), int(self.keys[row])
        sentence = message(
            "{name} {seq} of {tid}: {column} {counted}, its steps say {stepped}",
            name=names[syscall].name if syscall in names else "?",
            seq=key & SEQ,
            tid=key >> 32,
            column=COLUMNS[column],
            counted=int(self.counted[row, column]),
            stepped=int(self.stepped[row, column]),
        )
        return Problem(int(self.places[row]), sentence)

    def orphaned(self) -> Problems:
        """Return the steps whose call is missing."""
        alone = self.at(np.flatnonzero(~self.has_call)).in_order()
        pairs = zip(alone.places.tolist(), alone.keys.tolist(), strict=True)
        return Problems.of((_homeless(*pair) for pair in pairs), len(alone.keys))


@dataclass(frozen=True, eq=False)
class Agreement:
    """A stretch's agreement: what is still ``open``, and the problems of what was given up.

    ``disagreeing`` are calls whose counters are wrong, ``orphaned`` steps whose call is missing.
    """

    architecture: str
    open: Open
    disagreeing: Problems = NO_PROBLEMS
    orphaned: Problems = NO_PROBLEMS

    def combine(self, later: Self, /) -> Self:
        """Return the agreement of both stretches."""
        both = replace(
            later,
            open=self.open.joined(later.open).unsettled() if len(self.open.keys) else later.open,
            disagreeing=self.disagreeing.combine(later.disagreeing),
            orphaned=self.orphaned.combine(later.orphaned),
        )
        surplus = len(both.open.keys) - MOST_OPEN
        if surplus <= 0:
            return both
        ordered = both.open.in_order()
        rest = replace(both, open=ordered.at(np.arange(surplus, len(ordered.keys))))
        return rest._with_problems_of(ordered.at(np.arange(surplus)))

    def finished(
        self, find_calls: FindCalls, beyond: Callable[[Numbers], Flags] = no_flags
    ) -> tuple[Problems, Problems]:
        """Return which calls disagree with their steps, and which steps have no call.

        Steps that came long after their call are compared with it too: ``find_calls`` finds it.
        Calls ``beyond`` the borders of the trace, by their keys, may be missing.
        """
        stray = self.open.at(np.flatnonzero(~self.open.has_call))
        rest = self.open
        if len(stray.keys):
            rest = rest.at(np.flatnonzero(rest.has_call)).joined(
                _late(stray, find_calls(stray.keys))
            )
        rest = rest.at(np.flatnonzero(rest.has_call | ~beyond(rest.keys)))
        done = self._with_problems_of(rest)
        return done.disagreeing, done.orphaned

    def _with_problems_of(self, given_up: Open) -> Self:
        return replace(
            self,
            disagreeing=self.disagreeing.combine(given_up.disagreeing(self.architecture)),
            orphaned=self.orphaned.combine(given_up.orphaned()),
        )


def gather_agreement(window: Window) -> Agreement:
    """Return how the calls of ``window`` and its steps agree.

    Without steps of calls (detail ``calls``) there is nothing to compare.
    """
    architecture = window.manifest.architecture
    if window.manifest.detail != "steps":
        return Agreement(architecture, _nothing())
    joined, stepped = window.joined, _stepped(window)
    unsettled = joined.inside & ~joined.has_call
    for place, column in enumerate(COLUMNS):
        differ = window.of_calls(column) != stepped[place].take(joined.of_calls)
        for excused in (window.missing.get(column), window.cut):
            if excused is not None:
                differ &= ~excused
        unsettled[joined.of_calls[differ]] = True
    rows = np.flatnonzero(unsettled)
    return Agreement(architecture, _open(window, rows, stepped[:, rows].T).unsettled())


def _nothing() -> Open:
    none, empty = np.zeros(0, np.int64), np.zeros((0, WIDTH), np.int64)
    return Open(none, none, none, empty, empty.astype(bool), empty)


def _open(window: Window, rows: npt.NDArray[np.intp], stepped: Numbers | None = None) -> Open:
    """Return what is known of the calls whose keys are ``rows`` of ``window.joined.keys``.

    ``stepped`` are the sums of their steps; None: zeros.
    """
    joined = window.joined
    places = np.full(len(joined.keys), -1)
    places[rows] = np.arange(len(rows))
    of_calls = places[joined.of_calls]
    calls = np.flatnonzero(of_calls >= 0)
    of_calls = of_calls[calls]
    found = Open(
        keys=joined.keys[rows],
        places=_places(window, places),
        syscalls=np.full(len(rows), -1),
        counted=np.zeros((len(rows), WIDTH), np.int64),
        known=np.ones((len(rows), WIDTH), bool),
        stepped=np.zeros((len(rows), WIDTH), np.int64) if stepped is None else stepped,
    )
    found.syscalls[of_calls] = window.calls["syscall"][calls]
    for place, column in enumerate(COLUMNS):
        np.add.at(found.counted[:, place], of_calls, window.calls[column][calls])
        missing = window.missing.get(column)
        if missing is not None:
            found.known[of_calls[missing[calls]], place] = False
    if window.cut is not None:
        found.known[of_calls[window.cut[calls]]] = False
    return found


def _places(window: Window, number: Numbers) -> Numbers:
    """Return the place of each call that has a ``number``; if it is missing, of its first step.

    ``number`` is by key, from 0 on; -1: none.
    """
    places = np.zeros(int(number.max(initial=-1)) + 1, np.int64)
    sides = (window.joined.of_steps, window.first_step), (window.joined.of_calls, window.first_call)
    for codes, first in sides:
        numbers = number.take(codes)
        there = np.flatnonzero(numbers >= 0)[::-1]
        places[numbers[there]] = first + there
    return places


_PLACE: Final = np.full(256, -1)
for _name, _kind in (*COUNTED.items(), *SUMMED.items()):
    _PLACE[_kind] = COLUMNS.index(_name)


def _stepped(window: Window) -> Numbers:
    """Return by column, for each key, the sums of its steps."""
    joined, kinds = window.joined, window.of_steps("kind")
    values = window.of_steps("value")
    place = _PLACE.take(kinds)
    switches = np.flatnonzero(kinds == StepKind.SWITCH_OUT)
    of_switches = values.take(switches)
    place[switches[of_switches == 1]] = COLUMNS.index(PREEMPTIONS)
    place[switches[(of_switches != 0) & (of_switches != 1)]] = -1
    counting = np.flatnonzero(place >= 0)
    place = place.take(counting)
    places = place * len(joined.keys) + joined.of_steps.take(counting)
    added = np.bincount(places, minlength=WIDTH * len(joined.keys))
    copies = np.flatnonzero(place >= WIDTH - len(SUMMED))  # their values, not their number
    np.add.at(added, places.take(copies), values.take(counting.take(copies)) - np.int64(1))
    return added.reshape(WIDTH, -1)


def _late(stray: Open, found: Window) -> Open:
    """Return the ``stray`` steps with their calls, which are ``found``.

    A call was settled when its steps added up to its counters; later steps are too many.
    """
    calls = _open(found, np.arange(len(found.joined.keys)))
    return stray.joined(replace(calls, stepped=calls.counted)).unsettled()


def _homeless(place: int, key: int) -> Problem:
    sentence = message("task {tid}: steps of call {number}, which is missing",
                       tid=key >> 32, number=key & SEQ)  # fmt: skip
    return Problem(place, sentence)
