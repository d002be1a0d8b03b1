"""Whose entries and sleeps steps are about, cross-checked.

A step of a callback or a wake carries the call of who made it, so that no counter of that call
stands behind its ``owner_tid``. But whoever queued an entry owns it, until it is removed; a task's
own calls count the callbacks on their entries (``notified``) and their wakeups; and much of what
a task does is about itself (``OWN``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from analysis.entries import Hooks
from analysis.windows.problems import Problem, Problems, in_order
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.records import StepKind

Numbers = npt.NDArray[Any]
Counts = dict[int, int]
"""By tid."""

ENTRY: Final = np.dtype([("entry", "u8"), ("tid", "i8"), ("place", "i8")])
"""An entry, whose it is or is said to be (NOBODY: not known), and the place of the step."""
NOBODY: Final = -1
OWN: Final = (
    StepKind.FD_POLL, StepKind.INSERTION, StepKind.SLEEP, StepKind.SWITCH_OUT, StepKind.SWITCH_IN,
    StepKind.COPY_IN, StepKind.COPY_OUT,
)  # fmt: skip
"""Kinds of steps that a task makes of itself: who ran is the owner."""
ABOUT_ENTRIES: Final = (StepKind.INSERTION, StepKind.REMOVAL, StepKind.CALLBACK)
OF_OTHERS: Final = ("ep_poll_callback", "aio_poll_wake", "io_poll_wake")
"""Callbacks that no call counts as its own: their entry outlives the call that queued it."""
COUNTED: Final = ("wakeups", "notified")
"""Columns of a call whose steps the waker makes."""


@dataclass(frozen=True, eq=False)
class Owners:
    """Of a stretch: ``counted`` and ``stepped`` by tid, of each of COUNTED; owners of entries.

    ``last`` is who queued each entry last; ``early`` are callbacks on entries, and removals, that
    were not yet queued in the stretch. ``problems`` are those found within it.
    """

    counted: tuple[Counts, ...]
    stepped: tuple[Counts, ...]
    early: Numbers
    last: Numbers
    problems: Problems

    def combine(self, later: Self, /) -> Self:
        """Return what both stretches give."""
        places = np.searchsorted(self.last["entry"], later.early["entry"])
        places = np.minimum(places, max(len(self.last) - 1, 0))
        known = np.zeros(len(later.early), bool)
        if len(self.last):
            known = self.last["entry"][places] == later.early["entry"]
        found = _foreign(later.early[known], self.last["tid"][places[known]])
        both = np.concatenate([later.last, self.last])
        _, kept = np.unique(both["entry"], return_index=True)
        return type(self)(
            tuple(map(_added, self.counted, later.counted)),
            tuple(map(_added, self.stepped, later.stepped)),
            np.concatenate([self.early, later.early[~known]]),
            both[kept],
            self.problems.combine(found).combine(later.problems),
        )

    def finished(self, *, steps: bool) -> Problems:
        """Return what is wrong; without ``steps`` nothing stands behind a task's counters."""
        if not steps:
            return self.problems
        fewer = [
            message(
                "task {tid}: its calls have {counted} {column}, the steps {stepped}",
                tid=tid,
                counted=counted,
                column=column,
                stepped=stepped.get(tid, 0),
            )
            for column, calls, stepped in zip(COUNTED, self.counted, self.stepped, strict=True)
            for tid, counted in sorted(calls.items())
            if counted > stepped.get(tid, 0)
        ]
        return Problems.plain(fewer).combine(self.problems)


def gather_owners(window: Window) -> Owners:
    """Return what the steps and calls of ``window`` say of owners."""
    kinds = window.steps["kind"]
    ids = _ids(window, OF_OTHERS)
    wakes = kinds == StepKind.WAKEUP
    own = (kinds == StepKind.CALLBACK) & ~np.isin(window.steps["hook"], ids)
    owner = window.steps["owner_tid"]
    early, last, foreign = _entries(window, kinds)
    return Owners(
        tuple(_sums(window, column) for column in COUNTED),
        tuple(_tally(owner[rows], None) for rows in (wakes, own)),
        early,
        last,
        _strange(window, kinds).combine(foreign),
    )


def _strange(window: Window, kinds: Numbers) -> Problems:
    """Return the steps of OWN that name another owner than who ran."""
    steps = window.steps
    rows = np.flatnonzero(np.isin(kinds, OWN) & (steps["owner_tid"] != steps["tid"]))
    found = (
        Problem(
            window.first_step + row,
            message(
                "a step of task {tid} on itself names task {owner} as its owner",
                tid=int(steps["tid"][row]),
                owner=int(steps["owner_tid"][row]),
            ),
        )
        for row in rows.tolist()
    )
    return Problems.of(found, len(rows))


def _entries(window: Window, kinds: Numbers) -> tuple[Numbers, Numbers, Problems]:
    """Return what is said of entries of before, who queued each entry last, what is foreign."""
    hooks = Hooks.of(window.manifest)
    unowned = np.isin(window.steps["hook"], (hooks.own_queue, hooks.inline_insertion))
    rows = np.flatnonzero(np.isin(kinds, ABOUT_ENTRIES) & ~unowned)
    rows = rows[np.argsort(window.steps["entry"][rows], kind="stable")]
    told = np.zeros(len(rows), ENTRY)
    told["entry"], told["place"] = window.steps["entry"][rows], window.first_step + rows
    told["tid"] = window.steps["owner_tid"][rows]
    kind = kinds[rows]
    state = told.copy()
    state["tid"][kind == StepKind.REMOVAL] = NOBODY
    sets = kind != StepKind.CALLBACK
    last = np.maximum.accumulate(np.where(sets, np.arange(len(rows)), -1))
    before = np.concatenate([[-1], last])[: len(rows)]
    known = (before >= 0) & (told["entry"][before] == told["entry"])
    says = kind != StepKind.INSERTION
    called = np.flatnonzero(says & known)
    ends = np.flatnonzero(np.diff(told["entry"], append=told["entry"][-1:] + 1))
    tails = last[ends]
    tails = tails[(tails >= 0) & (told["entry"][tails] == told["entry"][ends])]
    foreign = _foreign(told[called], state["tid"][before[called]])
    return told[says & ~known], state[tails], foreign


def _foreign(called: Numbers, owners: Numbers) -> Problems:
    """Return which of ``called`` name another owner than who queued their entry."""
    differ = (called["tid"] != owners) & (owners != NOBODY)
    wrong, tids = called[differ], owners[differ]
    found = (
        Problem(
            int(wrong["place"][row]),
            message(
                "a step on entry {entry:#x} is of task {tid}, and task {owner} queued it",
                entry=int(wrong["entry"][row]),
                tid=int(wrong["tid"][row]),
                owner=int(tids[row]),
            ),
        )
        for row in in_order(wrong["place"])
    )
    return Problems.of(found, len(wrong))


def _ids(window: Window, names: tuple[str, ...]) -> list[int]:
    return [row.id for row in window.manifest.plan if row.hook in names]


def _sums(window: Window, column: str) -> Counts:
    numbers = window.column(column)
    for excused in (window.missing.get(column), window.cut):
        if excused is not None:
            numbers = numbers * ~excused
    return _tally(window.calls["tid"], numbers)


def _tally(tids: Numbers, numbers: Numbers | None) -> Counts:
    sums = np.bincount(tids, numbers)
    there = np.flatnonzero(sums)
    return dict(zip(there.tolist(), sums[there].astype(np.int64).tolist(), strict=True))


def _added(one: Counts, other: Counts) -> Counts:
    return {tid: one.get(tid, 0) + other.get(tid, 0) for tid in one.keys() | other.keys()}
