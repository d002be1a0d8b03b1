"""Cross-checks the owners of the entries and sleeps that steps are about.

A step of a callback or a wakeup carries its maker's call, so no counter of that call confirms its
``owner_tid``. But the task that queued an entry owns it until it is removed; a task's own calls
count the callbacks on their entries (``notified``) and their wakeups; and many steps of a task are
about itself (``OWN``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from analysis.checks.entries import Hooks
from analysis.checks.entry_steps import by_entry
from analysis.windows.grouping import among, grouped, last_of, sums_by_code
from analysis.windows.problems import Problem, Problems, in_order
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.records import StepKind

Numbers = npt.NDArray[Any]
Counts = dict[int, int]
"""Counts by tid."""

ENTRY: Final = np.dtype([("entry", "u8"), ("tid", "i8"), ("place", "i8")])
"""An entry, its actual or stated owner (NOBODY: not known), and the place of the step."""
NOBODY: Final = -1
OWN: Final = (
    StepKind.FD_POLL, StepKind.INSERTION, StepKind.SLEEP, StepKind.SWITCH_OUT, StepKind.SWITCH_IN,
    StepKind.COPY_IN, StepKind.COPY_OUT,
)  # fmt: skip
"""Kinds of steps that a task makes about itself: the running task is the owner."""
OF_OTHERS: Final = ("ep_poll_callback", "aio_poll_wake", "io_poll_wake")
"""Callbacks that no call counts: their entry outlives the call that queued it."""
COUNTED: Final = ("wakeups", "notified")
"""Columns of a call whose steps are made by wakers."""


@dataclass(frozen=True, eq=False)
class Owners:
    """A stretch: ``counted`` and ``stepped`` by tid for each of COUNTED; owners of entries.

    Nothing is ``counted`` where there are no steps to check a task's counters against. ``last`` has
    the last task that queued each entry; ``early`` are callbacks on and removals of entries that
    were not queued in the stretch before. ``problems`` are those found within it.
    """

    counted: tuple[Counts, ...]
    stepped: tuple[Counts, ...]
    early: Numbers
    last: Numbers
    problems: Problems

    def combine(self, later: Self, /) -> Self:
        """Return the owners of both stretches."""
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

    def finished(self) -> Problems:
        """Return what is wrong."""
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
    """Return what the steps and calls of ``window`` say about owners."""
    kinds, with_steps = window.of_steps("kind"), window.manifest.detail == "steps"
    ids = _ids(window, OF_OTHERS)
    wakes = np.flatnonzero(kinds == StepKind.WAKEUP)
    own = np.flatnonzero(kinds == StepKind.CALLBACK)
    own = own[~among(window.of_steps("hook").take(own), ids)]
    owner = window.of_steps("owner_tid")
    early, last, foreign = _entries(window, kinds)
    return Owners(
        tuple(_sums(window, column) if with_steps else {} for column in COUNTED),
        tuple(map(_counts, (owner.take(wakes), owner.take(own)))),
        early,
        last,
        _strange(window, kinds).combine(foreign),
    )


def _strange(window: Window, kinds: Numbers) -> Problems:
    """Return the steps of OWN that name another owner than the running task."""
    tids, owners = window.of_steps("tid"), window.of_steps("owner_tid")
    rows = np.flatnonzero(owners != tids)
    rows = rows[among(kinds.take(rows), OWN)]
    found = (
        Problem(
            window.first_step + row,
            message(
                "a step of task {tid} on itself names task {owner} as its owner",
                tid=int(tids[row]),
                owner=int(owners[row]),
            ),
        )
        for row in rows.tolist()
    )
    return Problems.of(found, len(rows))


def _entries(window: Window, kinds: Numbers) -> tuple[Numbers, Numbers, Problems]:
    """Return steps on earlier entries, the last task that queued each entry, wrong owners."""
    rows, codes, entries = by_entry(window)
    inline = window.of_steps("hook").take(rows) == Hooks.of(window.manifest).inline_insertion
    nobodys = np.flatnonzero(inline | (kinds.take(rows) == StepKind.ITEM))
    if len(nobodys):
        rows, codes = np.delete(rows, nobodys), np.delete(codes, nobodys)
    tids, kind = window.of_steps("owner_tid").take(rows).astype(np.int64), kinds.take(rows)

    def entries_of(places: Numbers, tids: Numbers) -> Numbers:
        found = np.zeros(len(places), ENTRY)
        found["entry"], found["tid"] = entries[codes[places]], tids[places]
        found["place"] = window.first_step + rows[places]
        return found

    owners = np.where(kind == StepKind.REMOVAL, NOBODY, tids)
    sets = kind != StepKind.CALLBACK
    last = last_of(sets)
    before = np.concatenate([[-1], last])[: len(rows)]
    known = (before >= 0) & (codes.take(before) == codes)
    says = kind != StepKind.INSERTION
    differ = np.flatnonzero(says & known & (tids != owners.take(before)))
    ends = np.flatnonzero(np.diff(codes, append=-1) != 0)
    tails = last[ends]
    tails = tails[(tails >= 0) & (codes[tails] == codes[ends])]
    foreign = _foreign(entries_of(differ, tids), owners[before[differ]])
    queued = entries_of(tails, owners)
    return (
        entries_of(np.flatnonzero(says & ~known), tids),
        queued[np.argsort(queued["entry"])],
        foreign,
    )


def _foreign(called: Numbers, owners: Numbers) -> Problems:
    """Return which of ``called`` name another owner than the task that queued their entry."""
    differ = (called["tid"] != owners) & (owners != NOBODY)
    wrong, tids = called[differ], owners[differ]
    found = (
        Problem(
            int(wrong["place"][row]),
            message(
                "a step on entry {entry:#x} names task {tid} as its owner, but task {owner} "
                "queued it",
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
    numbers, tasks = window.of_calls(column), window.grouped("tid")
    for excused in (window.missing.get(column), window.cut):
        if excused is not None:
            numbers = numbers * ~excused
    return _tally(tasks.table[:, 0], sums_by_code(tasks.codes, tasks.size, numbers))


def _counts(tids: Numbers) -> Counts:
    groups = grouped([tids])
    return _tally(groups.table[:, 0], groups.counts)


def _tally(tids: Numbers, sums: Numbers) -> Counts:
    there = np.flatnonzero(sums)
    return dict(zip(tids[there].tolist(), sums[there].tolist(), strict=True))


def _added(one: Counts, other: Counts) -> Counts:
    return {tid: one.get(tid, 0) + other.get(tid, 0) for tid in one.keys() | other.keys()}
