"""A stretch of a trace: its calls and steps as records, and what is asked of them again and again.

Records are views of the mapped spools; columns are made when they are first asked for. A column of
a window is what the frames of a whole trace (analysis.frames) have under that name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.manifest import Manifest
from analysis.missing import FAMILY_NAMES, Codes, Flags, family_codes, missing_in
from analysis.spools import Records
from analysis.windows.grouping import order_by_code, sums_by_code
from tracer.shared.truthcheck import Marks

Numbers = npt.NDArray[np.int64]
SEQ: Final = 0xFFFF_FFFF
"""The part of a call's key (``call_keys``) that is its number; above it stands the tid."""

T = TypeVar("T")
Coded = tuple[npt.NDArray[np.intp], npt.NDArray[Any]]
Key = tuple[int, str]
"""A group of calls: the number of the phase that they began in (0: none), and their family."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Calls by phase and family: ``keys``, and which of them each call is in, by its place."""

    keys: tuple[Key, ...]
    of: npt.NDArray[np.intp]

    @cached_property
    def counts(self) -> Numbers:
        """How many calls each has."""
        return np.bincount(self.of, minlength=len(self.keys)).astype(np.int64)

    @cached_property
    def ends(self) -> Numbers:
        """Where each ends in ``order``."""
        return np.cumsum(self.counts)

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """The calls, group by group."""
        return order_by_code(self.of, len(self.keys))

    def add(self, numbers: npt.NDArray[Any]) -> Numbers:
        """Return the sum of ``numbers``, one of each call, in each group."""
        return sums_by_code(self.of, len(self.keys), numbers)

    def split(self, numbers: Numbers, chosen: Flags | None = None) -> list[Numbers]:
        """Return the ``numbers`` of each group's calls: those ``chosen``, None: all."""
        ends = self.ends[:-1]
        parts = np.split(numbers[self.order], ends)
        if chosen is None:
            return parts
        kept = np.split(chosen[self.order], ends)
        return [part[keep] for part, keep in zip(parts, kept, strict=True)]


@dataclass(frozen=True, eq=False)
class Joined:
    """Calls and steps by what steps name their call with: ``keys`` (see ``call_keys``), each once.

    ``of_calls`` and ``of_steps`` have the place in ``keys`` of each call and each step. Steps of no
    traced call have a key too, which no call has.
    """

    keys: Numbers
    of_calls: npt.NDArray[np.intp]
    of_steps: npt.NDArray[np.intp]

    @cached_property
    def has_call(self) -> Flags:
        """Whether there is a call of each key."""
        there: Flags = np.bincount(self.of_calls, minlength=len(self.keys)) > 0
        return there

    @cached_property
    def inside(self) -> Flags:
        """Whether each key is that of a call, be it there or not."""
        inside: Flags = (self.keys & SEQ) != 0
        return inside


@dataclass(frozen=True, eq=False)
class Window:
    """Calls and steps of a stretch of a trace; ``first_…`` is the place of the first in its spool.

    ``manifest`` and ``marks`` (of phases) are those of the whole trace. ``call_fields`` and
    ``step_fields`` are fields that were taken out of the records already.
    """

    manifest: Manifest
    marks: Marks
    calls: Records
    steps: Records
    first_call: int
    first_step: int
    call_fields: dict[str, npt.NDArray[Any]] = field(init=False, default_factory=dict)
    step_fields: dict[str, npt.NDArray[Any]] = field(init=False, default_factory=dict)

    @cached_property
    def families(self) -> Codes:
        """The family of each call, as its place in ``analysis.missing.FAMILY_NAMES``."""
        return family_codes(self.of_calls("syscall"), self.manifest.architecture)

    @cached_property
    def missing(self) -> Mapping[str, Flags]:
        """By column which calls lack it (analysis.missing); a column that none lacks is absent."""
        return missing_in(self.of_calls, self.families, self.manifest)

    @cached_property
    def unfinished(self) -> Flags:
        """Which calls never returned: the task or the recording ended inside of them."""
        flags: Flags = self.of_calls("exit_ns") == 0
        return flags

    @cached_property
    def cut(self) -> Flags | None:
        """Which calls began before the trace does: their first steps were let go of; None: none."""
        let_go = self.manifest.let_go
        if let_go is None:
            return None
        flags: Flags = self.of_calls("enter_ns") < let_go.until_ns
        return flags

    @cached_property
    def phases(self) -> Numbers:
        """The number of the phase in which each call began, 0: none."""
        return phases_at(self.of_calls("enter_ns"), self.marks)

    @cached_property
    def groups(self) -> Groups:
        """The calls by phase and family."""
        phases, place = _numbered(self.phases)
        code = place * len(FAMILY_NAMES) + self.families
        used = np.flatnonzero(np.bincount(code))
        dense = np.zeros(int(used[-1]) + 1 if len(used) else 0, np.intp)
        dense[used] = np.arange(len(used))
        pairs = (divmod(each, len(FAMILY_NAMES)) for each in used.tolist())
        keys = tuple((phases[phase], FAMILY_NAMES[family]) for phase, family in pairs)
        return Groups(keys, dense[code])

    @cached_property
    def joined(self) -> Joined:
        """The calls and steps by call."""
        of_steps = self.of_steps("tid").astype(np.int64) << 32 | self.of_steps("seq")
        starts = np.flatnonzero(np.diff(of_steps, prepend=-1))  # steps of a call follow each other
        lengths = np.diff(starts, append=len(of_steps))
        calls = self.of_calls("tid").astype(np.int64) << 32 | self.of_calls("seq")
        codes, keys = pd.factorize(np.concatenate([calls, of_steps[starts]]))
        return Joined(keys, codes[: len(calls)], np.repeat(codes[len(calls) :], lengths))

    @property
    def begins(self) -> bool:
        """Whether it is the first: nothing of the trace is before it."""
        return self.first_call == 0 and self.first_step == 0

    @cached_property
    def missing_in_finished(self) -> frozenset[str]:
        """Columns that calls lack which returned."""
        back = ~self.unfinished
        return frozenset(name for name, flags in self.missing.items() if (flags & back).any())

    def of_calls(self, name: str) -> npt.NDArray[Any]:
        """Return the field ``name`` of each call, one after the other in memory."""
        return _field(self.calls, self.call_fields, name)

    def of_steps(self, name: str) -> npt.NDArray[Any]:
        """Return the field ``name`` of each step, one after the other in memory."""
        return _field(self.steps, self.step_fields, name)

    def column(self, name: str, places: npt.NDArray[np.intp] | None = None) -> Numbers:
        """Return ``name`` of the calls at ``places`` (None: of all), of which the array is new.

        Where it is missing that is any number (see ``missing``).
        """
        if name == "wall_ns":
            return self.column("exit_ns", places) - self.column("enter_ns", places)
        if name == "kernel_ns":
            return self.column("wall_ns", places) - self.column("off_cpu_ns", places)
        found = self.of_calls(name)
        return (found if places is None else found[places]).astype(np.int64)

    def coded(self, name: str) -> Coded:
        """Return the code of ``name`` of each call, from 0 on, and by code what it stands for."""
        if name == "family":
            return self.families.astype(np.intp), np.arange(len(FAMILY_NAMES))
        return self.once(("coded", name), lambda: pd.factorize(self.of_calls(name)))

    def once(self, what: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` gives, which is made once for this window, and called ``what``."""
        if what not in self._made:
            self._made[what] = make()
        found: T = self._made[what]
        return found

    def forget(self) -> None:
        """Let go of what was made ``once``: it may hold the window, which would go much later."""
        self._made.clear()

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}


def _field(records: Records, known: dict[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    if name not in known:
        known[name] = np.ascontiguousarray(records[name])
    return known[name]


def call_keys(records: Records) -> Numbers:
    """Return what tells the call of each record, a call or a step: tid * 2^32 + seq."""
    keys: Numbers = records["tid"].astype(np.int64) << 32 | records["seq"]
    return keys


def phases_at(times: npt.NDArray[Any], marks: Marks) -> Numbers:
    """Return the number of the phase at each of ``times``, boot clock ns: Marks.phase_at()."""
    if not marks.starts:
        return np.zeros(len(times), np.int64)
    numbers = np.array([0, *marks.numbers], np.int64)
    return numbers[np.searchsorted(np.array(marks.starts, np.uint64), times, side="right")]


def _numbered(phases: Numbers) -> tuple[list[int], npt.NDArray[np.intp]]:
    """Return the phases that are there, in order, and the place of each call's among them."""
    if not len(phases):
        return [], np.zeros(0, np.intp)
    there = np.bincount(phases)
    used = np.flatnonzero(there)
    if len(used) == 1:
        return used.tolist(), np.zeros(len(phases), np.intp)
    place = np.zeros(len(there), np.intp)
    place[used] = np.arange(len(used))
    return used.tolist(), place[phases]
