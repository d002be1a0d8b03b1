"""The ledger entry by entry, at detail ``steps``: what each wait-queue entry went through.

An entry is identified by its address, and addresses are reused at once, so its steps are read in
ring order, the order in which the kernel did them: it is *queued*, called back, *removed*. A window
cannot know an entry's earlier state: its first steps stay open, as its head, until the stretch
before is known; its tail is its state at the end of the stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from analysis.trace.manifest import Manifest
from analysis.trace.missing import FAMILY_NAMES, Flags
from analysis.windows.problems import NO_PROBLEMS, Problem, Problems, in_order
from analysis.windows.window import SEQ
from tracer.shared.message import message
from tracer.shared.records import StepKind

Numbers = npt.NDArray[np.int64]
Table = npt.NDArray[Any]

UNLINKS_ON_WAKE: Final = "autoremove_wake_function"
"""The wake function that removes its entry as it wakes the task, which may queue it again (6.1:
kernel/sched/wait.c).
"""
INLINE_INSERTION: Final = "default_wake_function"
"""Wake function of entries that some kernels queue inline (6.1: fs/eventfd.c eventfd_read())."""
OWN_QUEUE: Final = "ep_autoremove_wake_function"
INLINE_REMOVAL: Final = "do_wait_intr_irq"
OWN_REMOVAL: Final = "finish_wait"
PREPARES: Final = "prepare_to_wait"
"""Hooks with this prefix queue an entry again that the call has queued before."""

MEETS: Final = ("ep_poll_callback", "remove_wait_queue")
"""Hooks that find an entry queued before tracer attached, and write its ITEM step."""

REQUESTS: Final = ("io_submit", "io_uring_enter")
"""Families whose entries outlive the call and may be removed unseen."""

KINDS: Final = (StepKind.INSERTION, StepKind.REMOVAL, StepKind.CALLBACK)
"""Kinds of steps that are about an entry."""

NONE, QUEUED, REMOVED = 0, int(StepKind.INSERTION), int(StepKind.REMOVAL)
"""The last (or first) step on an entry: not known, or its kind."""

UNKNOWN_FAMILY: Final = -1
"""The call has not returned, or is missing."""
STEP: Final = [("kind", "i1"), ("hook", "u1"), ("key", "i8"), ("ts_ns", "i8"), ("place", "i8")]
STATE: Final = np.dtype(
    [
        ("entry", "u8"),
        ("head", STEP),
        ("bad", STEP),
        ("head_unlinks", "?"),
        ("tail", STEP),
        ("family", "i2"),
        ("unlinked", "?"),
        ("reported", "?"),
    ]
)
"""The state of an entry in a stretch. ``head``: the first step that queued or removed it (kind
NONE: none did). ``bad``: a callback before that, which is wrong unless the entry was queued before
(place -1: none). ``head_unlinks``: one of these callbacks removed it. ``tail``: the last step that
queued or removed it, ``family`` that of its call; ``unlinked``: a callback has removed it since;
``reported``: a callback since then was reported as a problem, once until the entry is queued or
removed again.
"""
PENDING: Final = np.dtype([("entry", "u8"), ("step", STEP), ("queued_by", "i8")])
"""An entry that was queued twice: a problem unless it was ``queued_by`` a request."""


class Hooks(NamedTuple):
    """What distinguishes an entry's steps: names of hooks, and ids of the special ones."""

    names: Mapping[int, str]
    unlinks: int
    inline_insertion: int
    own_queue: int
    inline_removal: int
    own_removal: int
    prepares: tuple[int, ...]
    meets: tuple[int, ...]

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """Return the hooks of the plan; -1 for one that it lacks."""
        names = manifest.hook_names()
        ids = {name: number for number, name in names.items()}
        return cls(
            names=names,
            unlinks=ids.get(UNLINKS_ON_WAKE, -1),
            inline_insertion=ids.get(INLINE_INSERTION, -1),
            own_queue=ids.get(OWN_QUEUE, -1),
            inline_removal=ids.get(INLINE_REMOVAL, -1),
            own_removal=ids.get(OWN_REMOVAL, -1),
            prepares=tuple(ids[name] for name in ids if name.startswith(PREPARES)),
            meets=tuple(ids[name] for name in MEETS if name in ids),
        )


@dataclass(frozen=True, eq=False)
class Entries:
    """The entries of a stretch: ``states`` by address, and how many steps of KINDS there were.

    ``from_start``: the stretch begins with the recording, so nothing was queued before it.
    """

    hooks: Hooks
    counts: Numbers
    states: Table
    from_start: bool
    problems: Problems
    pending: Table

    def combine(self, later: Self, /) -> Self:
        """Return the entries of both stretches."""
        _, here, there = np.intersect1d(
            self.states["entry"], later.states["entry"], assume_unique=True, return_indices=True
        )
        only_here = np.delete(self.states, here)
        only_there = np.delete(later.states, there)
        both, problems, pending = _in_both(self.hooks, self.states[here], later.states[there])
        if self.from_start:
            only_there, first = began(self.hooks, only_there)
            problems = problems.combine(first)
        return replace(
            self,
            counts=self.counts + later.counts,
            states=_kept(np.concatenate([only_here, both, only_there]), self.from_start),
            problems=self.problems.combine(later.problems).combine(problems),
            pending=np.concatenate([self.pending, later.pending, pending]),
        )

    def open_keys(self) -> Numbers:
        """Return the calls whose family is still unknown (analysis.windows.window.call_keys)."""
        queued = self.queued
        unknown = queued["tail"]["key"][queued["family"] == UNKNOWN_FAMILY]
        return np.unique(np.concatenate([self.pending["queued_by"], unknown]))

    def resolved(self, families: Mapping[int, int]) -> Self:
        """Return it with the ``families`` of the calls ``open_keys``; the others never returned."""
        states = self.states.copy()
        for row in np.flatnonzero(states["family"] == UNKNOWN_FAMILY):
            states["family"][row] = families.get(int(states["tail"]["key"][row]), UNKNOWN_FAMILY)
        asked = [families.get(key, UNKNOWN_FAMILY) for key in self.pending["queued_by"].tolist()]
        wrong = self.pending[~of_requests(np.array(asked, np.int16))]
        problems = self.problems.combine(live(self.hooks, wrong["entry"], wrong["step"]))
        return replace(self, states=states, problems=problems, pending=self.pending[:0])

    @property
    def queued(self) -> Table:
        """The states of entries still queued at the end."""
        queued: Table = self.states[self.states["tail"]["kind"] == QUEUED]
        return queued


def nothing(manifest: Manifest) -> Entries:
    """Return the entries before a recording begins: none."""
    return Entries(
        hooks=Hooks.of(manifest),
        counts=np.zeros(len(KINDS), np.int64),
        states=np.zeros(0, STATE),
        from_start=True,
        problems=NO_PROBLEMS,
        pending=np.zeros(0, PENDING),
    )


def of_requests(families: npt.NDArray[np.int16]) -> Flags:
    """Return which of ``families`` (codes) belong to AIO or io_uring."""
    flags: Flags = np.isin(families, [FAMILY_NAMES.index(name) for name in REQUESTS])
    return flags


def _in_both(hooks: Hooks, earlier: Table, later: Table) -> tuple[Table, Problems, Table]:
    """Return the outcome for entries that are in both stretches: states, problems, pending."""
    tail, head = earlier["tail"], later["head"]
    queued, removed = tail["kind"] == QUEUED, tail["kind"] == REMOVED
    unlinked = earlier["unlinked"] | (queued & later["head_unlinks"])
    prepared = np.isin(head["hook"], hooks.prepares) & (tail["key"] == head["key"])
    excused = unlinked | (tail["hook"] == hooks.inline_removal) | prepared
    excused |= np.isin(head["hook"], hooks.meets)
    again = queued & (head["kind"] == QUEUED) & ~excused & ~of_requests(earlier["family"])
    unsure = again & (earlier["family"] == UNKNOWN_FAMILY)
    certain = again & ~unsure
    twice = removed & (head["kind"] == REMOVED) & (head["hook"] != hooks.own_removal)
    called = removed & (later["bad"]["place"] >= 0)
    fresh = called & ~earlier["reported"]
    problems = live(hooks, later["entry"][certain], head[certain])
    problems = problems.combine(unknown(hooks, later["entry"][twice], head[twice]))
    problems = problems.combine(unknown(hooks, later["entry"][fresh], later["bad"][fresh]))
    return (
        _joined(earlier, later, unlinked, called),
        problems,
        pending_of(later["entry"][unsure], head[unsure], tail["key"][unsure]),
    )


def _joined(earlier: Table, later: Table, unlinked: Flags, called: Flags) -> Table:
    """Return the states of entries over both stretches."""
    states = earlier.copy()
    open_still = earlier["tail"]["kind"] == NONE
    no_bad = open_still & (earlier["bad"]["place"] < 0)
    states["head"][open_still] = later["head"][open_still]
    states["bad"][no_bad] = later["bad"][no_bad]
    states["head_unlinks"] |= open_still & later["head_unlinks"]
    states["unlinked"], states["reported"] = unlinked, earlier["reported"] | called
    changed = later["tail"]["kind"] != NONE
    for name in ("tail", "family", "unlinked", "reported"):
        states[name][changed] = later[name][changed]
    return states


def began(hooks: Hooks, states: Table) -> tuple[Table, Problems]:
    """Return ``states`` of entries, given that none was queued before."""
    head = states["head"]
    alone = (head["kind"] == REMOVED) & (head["hook"] != hooks.own_removal)
    called = states["bad"]["place"] >= 0
    problems = unknown(hooks, states["entry"][alone], head[alone]).combine(
        unknown(hooks, states["entry"][called], states["bad"][called])
    )
    closed = states.copy()
    closed["head"], closed["bad"], closed["head_unlinks"] = 0, 0, False
    closed["bad"]["place"] = -1
    only_called = called & (states["tail"]["kind"] == NONE)
    closed["tail"]["kind"][only_called], closed["reported"][only_called] = REMOVED, True
    return closed, problems


def _kept(states: Table, from_start: bool) -> Table:
    """Return ``states`` by address, without those that only say that nothing is queued."""
    if from_start:
        states = states[(states["tail"]["kind"] == QUEUED) | states["reported"]]
    return states[np.argsort(states["entry"])]


def pending_of(entries: Table, steps: Table, queued_by: Numbers) -> Table:
    """Return insertions over live entries by calls that have not returned yet."""
    found = np.empty(len(entries), PENDING)
    found["entry"], found["step"], found["queued_by"] = entries, steps, queued_by
    return found


def live(hooks: Hooks, entries: Table, steps: Table) -> Problems:
    """Return the problem that ``steps`` queued ``entries`` that were queued already."""
    return _problems(hooks, entries, steps, lambda hook: message("{hook}: live", hook=hook))


def unknown(hooks: Hooks, entries: Table, steps: Table) -> Problems:
    """Return the problem that ``steps`` removed or called ``entries`` that were not queued."""
    return _problems(hooks, entries, steps, lambda hook: message("{hook}: unknown", hook=hook))


def _problems(hooks: Hooks, entries: Table, steps: Table, wrong: Callable[[str], str]) -> Problems:
    def problem(row: int) -> Problem:
        step = steps[row]
        key = int(step["key"])
        sentence = message(
            "{wrong} entry {entry:#x} at {ts_ns} ns, call {seq} of {tid}",
            wrong=wrong(hooks.names.get(int(step["hook"]), "?")),
            entry=int(entries[row]),
            ts_ns=int(step["ts_ns"]),
            seq=key & SEQ,
            tid=key >> 32,
        )
        return Problem(int(step["place"]), sentence)

    return Problems.of(map(problem, in_order(steps["place"])), len(steps))
