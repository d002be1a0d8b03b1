"""A stretch of a trace: its calls and steps as records, and what is often computed from them.

Records are views of the mapped spools; columns are made when they are first asked for. Columns of a
window have the names and values of the frames of a whole trace (analysis.frames).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from analysis.trace.manifest import Manifest
from analysis.trace.missing import (
    FAMILY_NAMES,
    Codes,
    Flags,
    count_families,
    family_codes,
    missing_in,
)
from analysis.trace.spools import Records, Transposed
from analysis.windows.families import Families
from analysis.windows.grouping import Groups, Places, among, coded, dense, grouped
from tracer.shared.truthcheck import Marks

Numbers = npt.NDArray[np.int64]
SEQ: Final = 0xFFFF_FFFF
"""The part of a call's key (``call_keys``) that is its number; the tid is above it."""

T = TypeVar("T")
Fields = dict[str, npt.NDArray[Any]]
DERIVED: Final = {"wall_ns": ("exit_ns", "enter_ns"), "kernel_ns": ("wall_ns", "off_cpu_ns")}
"""Columns that are the difference of two others."""


@dataclass(frozen=True, eq=False)
class Joined:
    """Calls and steps by the key with which steps name their call: ``keys``, each once.

    ``of_calls`` and ``of_steps`` have the place in ``keys`` (see ``call_keys``) of each call and
    each step. Steps outside of traced calls have a key too, which no call has.
    """

    keys: Numbers
    of_calls: npt.NDArray[np.intp]
    of_steps: npt.NDArray[np.intp]

    @cached_property
    def has_call(self) -> Flags:
        """Whether there is a call with each key."""
        there: Flags = np.bincount(self.of_calls, minlength=len(self.keys)) > 0
        return there

    @cached_property
    def inside(self) -> Flags:
        """Whether each key is that of a call, present or not."""
        inside: Flags = (self.keys & SEQ) != 0
        return inside


@dataclass(frozen=True, eq=False)
class Window:
    """Calls and steps of a stretch of a trace; ``first_…`` is the place of the first in its spool.

    ``manifest`` and ``marks`` (of phases) are those of the whole trace. ``transposed`` has
    ``calls`` and ``steps`` transposed, if they have been.
    """

    manifest: Manifest
    marks: Marks
    calls: Records
    steps: Records
    first_call: int
    first_step: int
    transposed: dict[str, Transposed] = field(init=False, default_factory=dict)
    _call_fields: Fields = field(init=False, default_factory=dict)
    _step_fields: Fields = field(init=False, default_factory=dict)

    @cached_property
    def families(self) -> Codes:
        """The family of each call, as its place in ``analysis.trace.missing.FAMILY_NAMES``."""
        return family_codes(self.of_calls("syscall"), self.manifest.architecture)

    def are(self, *families: str) -> Flags:
        """Return which calls are of ``families``."""
        return among(self.families, map(FAMILY_NAMES.index, families))

    @cached_property
    def of_families(self) -> Numbers:
        """How many calls each family has, by its place in FAMILY_NAMES."""
        return count_families(self.families)

    @cached_property
    def missing(self) -> Mapping[str, Flags]:
        """By column which calls lack it (analysis.trace.missing); others have no entry."""
        return missing_in(self.of_calls, self.families, self.of_families, self.manifest)

    @cached_property
    def keys(self) -> Numbers:
        """The key of each call: call_keys()."""
        return keys_of(self.of_calls("tid"), self.of_calls("seq"))

    @cached_property
    def unfinished(self) -> Flags:
        """Which calls never returned: the task or the recording ended inside them."""
        flags: Flags = self.of_calls("exit_ns") == 0
        return flags

    @cached_property
    def cut(self) -> Flags | None:
        """Which calls began before the trace does: their first steps were discarded; None: none."""
        let_go = self.manifest.let_go
        if let_go is None:
            return None
        flags: Flags = self.of_calls("enter_ns") < let_go.until_ns
        return flags

    @cached_property
    def phases(self) -> Numbers:
        """The number of the phase in which each call began; 0: none."""
        return phases_at(self.of_calls("enter_ns"), self.marks)

    @cached_property
    def groups(self) -> Families:
        """The calls by phase and family."""
        return Families.of(self.phases, self.families)

    @cached_property
    def joined(self) -> Joined:
        """The calls and steps by call."""
        tids, numbers = self.of_steps("tid"), self.of_steps("seq")
        new = np.ones(len(tids), bool)  # steps of a call follow each other
        new[1:] = (tids[1:] != tids[:-1]) | (numbers[1:] != numbers[:-1])
        starts = np.flatnonzero(new)
        codes, keys = _coded_calls(
            np.concatenate([self.of_calls("tid"), tids.take(starts)]),
            np.concatenate([self.of_calls("seq"), numbers.take(starts)]),
        )
        lengths = np.diff(starts, append=len(tids))
        return Joined(keys, codes[: len(self.calls)], np.repeat(codes[len(self.calls) :], lengths))

    @property
    def begins(self) -> bool:
        """Whether it is the first window of the trace."""
        return self.first_call == 0 and self.first_step == 0

    @cached_property
    def missing_in_finished(self) -> frozenset[str]:
        """Columns that finished calls lack."""
        back = ~self.unfinished
        return frozenset(name for name, flags in self.missing.items() if (flags & back).any())

    def of_calls(self, name: str) -> npt.NDArray[Any]:
        """Return the field ``name`` of each call, contiguous in memory.

        Also for derived columns, as int64: ``wall_ns`` and ``kernel_ns``.
        """
        known = self._call_fields
        if name not in known and name in DERIVED:
            whole, less = (signed(self.of_calls(each)) for each in DERIVED[name])
            known[name] = whole - less
        return _field(self.transposed.get("calls", self.calls), known, name)

    def of_steps(self, name: str) -> npt.NDArray[Any]:
        """Return the field ``name`` of each step, contiguous in memory."""
        return _field(self.transposed.get("steps", self.steps), self._step_fields, name)

    def column(self, name: str, places: npt.NDArray[np.intp] | None = None) -> Numbers:
        """Return ``name`` of the calls at ``places`` (None: of all).

        Where it is missing, the number is arbitrary (see ``missing``).
        """
        found = self.of_calls(name)
        return signed(found if places is None else found.take(places))

    def grouped(self, *names: str) -> Groups:
        """Return the calls grouped by fields, or by ``family``."""
        return self.once(("grouped", names), lambda: grouped([self._key(name) for name in names]))

    def is_grouped(self, *names: str) -> bool:
        """Tell whether the calls were already ``grouped`` by ``names``."""
        return ("grouped", names) in self._made

    def _key(self, name: str) -> npt.NDArray[Any]:
        return self.families if name == "family" else self.of_calls(name)

    def once(self, what: Hashable, make: Callable[[], T]) -> T:
        """Return the result of ``make``, which is called once per window for each ``what``."""
        if what not in self._made:
            self._made[what] = make()
        found: T = self._made[what]
        return found

    def forget(self) -> None:
        """Drop what was made ``once``: it may refer to the window and so keep it alive."""
        self._made.clear()

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}


def _field(records: Records | Transposed, known: Fields, name: str) -> npt.NDArray[Any]:
    if name not in known:
        known[name] = np.ascontiguousarray(records[name])
    return known[name]


def _coded_calls(tids: npt.NDArray[Any], numbers: npt.NDArray[Any]) -> tuple[Places, Numbers]:
    """Return a code for each call, by its task and number, and the key of each code.

    Calls of a task are numbered consecutively: in a stretch they are close together.
    """
    tasks, of_task = coded(tids)
    least, most = np.full(len(of_task), SEQ, np.uint32), np.zeros(len(of_task), np.uint32)
    np.minimum.at(least, tasks, numbers - np.uint32(1))  # 0, outside of any call, is no number
    np.maximum.at(most, tasks, numbers)
    room = np.maximum(most.astype(np.int64) - least, 0) + 1
    starts = np.cumsum(room) - room
    places = np.maximum(numbers - least.astype(np.int64).take(tasks), 0) + starts.take(tasks)
    codes, used = dense(places, int(room.sum()))
    task = np.searchsorted(starts, used, side="right") - 1
    number = used - starts[task]
    return codes, of_task[task] << 32 | number + least[task] * (number > 0)


def signed(numbers: npt.NDArray[Any]) -> Numbers:
    """Return ``numbers``, all below 2^63, as int64, without a copy if they have 64 bits."""
    return numbers.view(np.int64) if numbers.itemsize == 8 else numbers.astype(np.int64)


def call_keys(records: Records) -> Numbers:
    """Return the key of the call of each record, a call or a step (keys_of)."""
    return keys_of(records["tid"], records["seq"])


def keys_of(tids: npt.NDArray[Any], numbers: npt.NDArray[Any]) -> Numbers:
    """Return the key of each call, by its task and its number there: tid * 2^32 + seq."""
    keys: Numbers = tids.astype(np.int64) << 32 | numbers
    return keys


def phases_at(times: npt.NDArray[Any], marks: Marks) -> Numbers:
    """Return the number of the phase at each of ``times``, boot clock ns: Marks.phase_at()."""
    if not marks.starts:
        return np.zeros(len(times), np.int64)
    numbers = np.array([0, *marks.numbers], np.int64)
    at = np.asarray(times).astype(np.uint64, copy=False)  # else both would become floats
    return numbers[np.searchsorted(np.array(marks.starts, np.uint64), at, side="right")]
