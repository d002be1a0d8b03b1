"""What the steps of one window did to wait-queue entries (analysis.checks.entries)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.checks.entries import (
    KINDS,
    NONE,
    QUEUED,
    REMOVED,
    STATE,
    STEP,
    UNKNOWN_FAMILY,
    Entries,
    Hooks,
    Table,
    live,
    nothing,
    of_requests,
    pending_of,
    unknown,
)
from analysis.trace.missing import FAMILY_NAMES, Flags
from analysis.windows.grouping import among, last_of, order_by_code
from analysis.windows.window import Window
from tracer.shared.records import StepKind

Places = npt.NDArray[np.intp]


def gather_entries(window: Window) -> Entries:
    """Return what the steps of ``window`` did to entries."""
    found = _Steps.of(window)
    again = found.queued_again
    family = found.families(found.before[again])
    certain = again[(family != UNKNOWN_FAMILY) & ~of_requests(family)]
    unsure, alone = again[family == UNKNOWN_FAMILY], found.of_nothing
    twice = live(found.hooks, found.addresses(certain), found.at(certain))
    result = Entries(
        hooks=found.hooks,
        counts=np.array(
            [np.count_nonzero((found.kinds == kind) & ~found.found_queued) for kind in KINDS]
        ),
        states=found.states(),
        from_start=False,
        problems=twice.combine(unknown(found.hooks, found.addresses(alone), found.at(alone))),
        pending=pending_of(
            found.addresses(unsure), found.at(unsure), found.keys(found.before[unsure])
        ),
    )
    from_start = window.first_step == 0 and window.manifest.let_go is None
    return nothing(window.manifest).combine(result) if from_start else result


def found_queued(steps: Table) -> Flags:
    """Return which of ``steps`` found an entry queued before tracer attached: no ADD was seen."""
    return _are_found_queued(steps["kind"], steps["owner_tid"])


def _are_found_queued(kinds: Table, owners: Table) -> Flags:
    flags: Flags = (kinds == StepKind.ITEM) & (owners == 0)
    return flags


def by_entry(window: Window) -> tuple[Places, Places, npt.NDArray[np.uint64]]:
    """Return the steps of ``window`` about entries, entry by entry: places, codes, entries.

    They include steps that found an entry queued before tracer attached. ``codes`` number the
    entries from 0, ``entries`` has the address by code.
    """
    return window.once("by entry", lambda: _by_entry(window))


def _by_entry(window: Window) -> tuple[Places, Places, npt.NDArray[np.uint64]]:
    kinds, own_queue = window.of_steps("kind"), Hooks.of(window.manifest).own_queue
    about = among(kinds, KINDS) | _are_found_queued(kinds, window.of_steps("owner_tid"))
    rows = np.flatnonzero(about & (window.of_steps("hook") != own_queue))
    codes, entries = pd.factorize(window.of_steps("entry").take(rows))
    order = order_by_code(codes, len(entries))
    return rows.take(order), codes.take(order), entries


@dataclass(frozen=True, eq=False)
class _Steps:
    """Steps entry by entry, each entry's in ring order: ``codes`` number the entries from 0.

    An entry that was queued before tracer attached counts as queued where it was first
    ``found_queued``.

    ``rows`` are their places in the window, ``entries`` the address by code. Below, a place is an
    index in this order, and -1 means none.
    """

    window: Window
    hooks: Hooks
    rows: Places
    codes: Places
    entries: npt.NDArray[np.uint64]
    kinds: npt.NDArray[np.uint8]
    ids: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, window: Window) -> _Steps:
        """Return the steps of ``window`` that are about entries."""
        hooks = Hooks.of(window.manifest)
        rows, codes, entries = by_entry(window)
        kinds, ids = window.of_steps("kind").take(rows), window.of_steps("hook").take(rows)
        kinds[kinds == StepKind.ITEM] = QUEUED  # all ITEM steps here found an entry
        return cls(window, hooks, rows, codes, entries, kinds, ids)

    def at(self, places: Places) -> Table:
        """Return the steps at ``places``."""
        found, rows = np.empty(len(places), STEP), self.rows[places]
        found["kind"], found["hook"] = self.kinds[places], self.ids[places]
        found["key"] = self.keys(places)
        found["ts_ns"] = self.window.of_steps("ts_ns")[rows]
        found["place"] = self.window.first_step + rows
        return found

    def keys(self, places: Places) -> npt.NDArray[np.int64]:
        """Return the keys of the calls that made the steps at ``places``."""
        joined = self.window.joined
        return joined.keys[joined.of_steps[self.rows[places]]]

    def families(self, places: Places) -> npt.NDArray[np.int16]:
        """Return the families of the calls that made the steps at ``places``."""
        joined = self.window.joined
        found = self.of_keys[joined.of_steps[self.rows[places]]]
        found[self.found_queued[places]] = FAMILY_NAMES.index("epoll_ctl")
        return found

    @cached_property
    def of_keys(self) -> npt.NDArray[np.int16]:
        """The family of each call by its key."""
        return families_of(self.window)

    def addresses(self, places: Places) -> Table:
        """Return the entries of the steps at ``places``."""
        return self.entries[self.codes[places]]

    @cached_property
    def found_queued(self) -> Flags:
        """Which steps found an entry that was queued before tracer attached."""
        return (self.kinds == QUEUED) & among(self.ids, self.hooks.meets)

    @cached_property
    def sets(self) -> Flags:
        """Which steps queued or removed their entry."""
        return (self.kinds == QUEUED) | (self.kinds == REMOVED)

    @cached_property
    def bad_calls(self) -> Flags:
        """Which are callbacks that need an entry."""
        return ~self.sets & (self.ids != self.hooks.inline_insertion)

    @cached_property
    def unlinks(self) -> Flags:
        """Which are callbacks that remove their entry."""
        return ~self.sets & (self.ids == self.hooks.unlinks)

    @cached_property
    def starts(self) -> Places:
        """The place of each entry's first step."""
        return np.flatnonzero(np.diff(self.codes, prepend=-1) != 0)

    @cached_property
    def last(self) -> dict[str, Places]:
        """Place of the last such step, at or before each step, of whichever entry."""
        sorts = {"sets": self.sets, "bad": self.bad_calls, "unlinks": self.unlinks}
        return {name: last_of(flags) for name, flags in sorts.items()}

    @cached_property
    def before(self) -> Places:
        """The last step before each that queued or removed its entry."""
        found = _shifted(self.last["sets"])
        found[found < self.starts.take(self.codes)] = -1
        return found

    @cached_property
    def was(self) -> npt.NDArray[Any]:
        """The entry's state before each step: NONE, QUEUED or REMOVED."""
        return self.kinds.take(self.before) * (self.before >= 0)

    @cached_property
    def first_bad(self) -> Flags:
        """Which steps are the first callback since their entry was queued or removed."""
        since = np.maximum(self.before, self.starts.take(self.codes) - 1)
        return self.bad_calls & (_shifted(self.last["bad"]) <= since)

    @cached_property
    def queued_again(self) -> Places:
        """Which steps queued an entry that was queued and that no callback had removed."""
        again = np.flatnonzero((self.kinds == QUEUED) & (self.was == QUEUED))
        before = self.before[again]
        unlinked = _shifted(self.last["unlinks"])[again] > before
        by_probe = self.ids[before] == self.hooks.inline_removal
        prepared = np.isin(self.ids[again], self.hooks.prepares) & (
            self.keys(again) == self.keys(before)
        )
        return again[~unlinked & ~by_probe & ~prepared & ~self.found_queued[again]]

    @cached_property
    def of_nothing(self) -> Places:
        """Which steps removed or called an entry that had been removed."""
        removed = (self.kinds == REMOVED) & (self.ids != self.hooks.own_removal)
        return np.flatnonzero((self.was == REMOVED) & (removed | self.first_bad))

    def states(self) -> Table:
        """Return the final state of each entry, by address."""
        starts, opened = self.starts, self.was == NONE
        states = np.zeros(len(starts), STATE)
        states["entry"] = self.addresses(starts)
        states["bad"]["place"] = -1
        heads = np.flatnonzero(self.sets & opened)
        states["head"][self.codes[heads]] = self.at(heads)
        bad = np.flatnonzero(self.first_bad & opened)
        states["bad"][self.codes[bad]] = self.at(bad)
        states["head_unlinks"][self.codes[np.flatnonzero(self.unlinks & opened)]] = True
        ends = np.append(starts[1:], len(self.codes))[: len(starts)] - 1
        tails = self.last["sets"][ends]
        some = np.flatnonzero(tails >= starts)
        tails = tails[some]
        states["tail"][some], states["family"][some] = self.at(tails), self.families(tails)
        states["unlinked"][some] = self.last["unlinks"][ends[some]] > tails
        removed = self.kinds[tails] == REMOVED
        states["reported"][some] = removed & (self.last["bad"][ends[some]] > tails)
        return states[np.argsort(states["entry"])]


def families_of(window: Window) -> npt.NDArray[np.int16]:
    """Return the family of each of ``window.joined.keys``: of its call, if that returned."""
    families = np.full(len(window.joined.keys), UNKNOWN_FAMILY, np.int16)
    back = np.flatnonzero(~window.unfinished)
    families[window.joined.of_calls.take(back)] = window.families.take(back)
    return families


def _shifted(places: Places) -> Places:
    return np.concatenate([[-1], places])[: len(places)]
