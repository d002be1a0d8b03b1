"""Calls summed up by phase and family: the model of a partial result, and the core of reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import numpy as np
import numpy.typing as npt

from analysis.trace.coverage import MEASURED
from analysis.trace.missing import FAMILY_NAMES
from analysis.windows.distribution import Distribution
from analysis.windows.families import Key
from analysis.windows.partial import Partial, combined
from analysis.windows.recording import WINDOW, Recording
from analysis.windows.window import Window, signed
from tracer.shared.records import Unseen

Numbers = npt.NDArray[np.int64]

SUMMED: Final = tuple(column for column in MEASURED if column != "off_cpu_ns")
"""Columns that are summed over all calls, including unfinished ones."""
TIMES: Final = ("wall_ns", "off_cpu_ns", "kernel_ns")
"""Columns whose distribution over finished calls is kept."""


K = TypeVar("K")
V = TypeVar("V", bound=Partial)


@dataclass(frozen=True, eq=False)
class Total:
    """The calls of one phase and family.

    ``sums`` and ``known`` are by SUMMED: the sum, and for how many calls the number is known.
    ``slept`` counts the calls that slept; None: it is known for none. ``times`` are distributions
    over the finished calls whose time is known; absent if there are none. ``unseen`` counts the
    calls in which something was not seen, by what.
    """

    calls: int
    unfinished: int
    slept: int | None
    sums: Numbers
    known: Numbers
    times: Mapping[str, Distribution]
    unseen: Mapping[Unseen, int]

    def combine(self, later: Self, /) -> Self:
        """Return the total of both."""
        slept = [each.slept for each in (self, later) if each.slept is not None]
        return type(self)(
            self.calls + later.calls,
            self.unfinished + later.unfinished,
            sum(slept) if slept else None,
            self.sums + later.sums,
            self.known + later.known,
            merged(self.times, later.times),
            Counter(self.unseen) + Counter(later.unseen),
        )


@dataclass(frozen=True, eq=False)
class Totals:
    """The total of each phase and family that was called."""

    by_key: Mapping[Key, Total]

    @property
    def calls(self) -> int:
        """How many calls there are."""
        return sum(total.calls for total in self.by_key.values())

    @property
    def unfinished(self) -> int:
        """How many of them never returned."""
        return sum(total.unfinished for total in self.by_key.values())

    @property
    def families(self) -> list[str]:
        """The families that were called, by name."""
        return sorted({family for _, family in self.by_key})

    @property
    def unseen(self) -> dict[Key, Mapping[Unseen, int]]:
        """What was not seen, and in how many calls (analysis.trace.unseen)."""
        return {key: total.unseen for key, total in self.by_key.items()}

    def sums(self, columns: Sequence[str], families: Sequence[str] = FAMILY_NAMES) -> Numbers:
        """Return the sums of ``columns`` of SUMMED over the calls of ``families``, where known."""
        those = [total.sums for (_, name), total in self.by_key.items() if name in families]
        sums = sum(those, np.zeros(len(SUMMED), np.int64))
        return sums[[SUMMED.index(column) for column in columns]]

    def combine(self, later: Self, /) -> Self:
        """Return the totals of both stretches."""
        return type(self)(merged(self.by_key, later.by_key))


NOTHING: Final = Totals({})


def totals_of(recording: Recording, size: int = WINDOW) -> Totals:
    """Return the totals of all calls of ``recording``, read in windows of ``size``."""
    return combined(map(gather_totals, recording.windows(size)), NOTHING)


def gather_totals(window: Window) -> Totals:
    """Return the totals of the calls of ``window``, computed once per window."""
    return window.once("totals", lambda: _totals(window))


def _totals(window: Window) -> Totals:
    groups = window.groups
    sums, known = _sums(window)
    slept, slept_known = _slept(window)
    unfinished = groups.add(window.unfinished)
    unseen = _unseen(window)
    times = {column: distributions(window, column) for column in TIMES}
    return Totals(
        {
            key: Total(
                calls=int(groups.counts[place]),
                unfinished=int(unfinished[place]),
                slept=int(slept[place]) if slept_known[place] else None,
                sums=sums[place],
                known=known[place],
                unseen={kind: int(each[place]) for kind, each in unseen.items() if each[place]},
                times={name: each[place] for name, each in times.items() if place in each},
            )
            for place, key in enumerate(groups.keys)
        }
    )


def merged(one: Mapping[K, V], other: Mapping[K, V]) -> dict[K, V]:
    """Return the values of both by key, combined where both have one."""
    result = dict(one)
    for key, value in other.items():
        result[key] = result[key].combine(value) if key in result else value
    return result


def _sums(window: Window) -> tuple[Numbers, Numbers]:
    """Return for each group, by SUMMED, the sums, and for how many calls each number is known."""
    groups = window.groups
    known = np.repeat(groups.counts[:, None], len(SUMMED), axis=1)
    for place, column in enumerate(SUMMED):
        if column in window.missing:
            known[:, place] -= groups.add(window.missing[column])
    sums = np.zeros_like(known)
    for place in range(0, len(SUMMED), 2):
        pair = slice(place, place + 2)
        sums[:, pair] = _sums_of_pair(window, SUMMED[pair], known[:, pair])
    return sums, known


def _sums_of_pair(window: Window, columns: tuple[str, ...], known: Numbers) -> Numbers:
    """Return for each group the sums of two neighbouring ``columns``, added up as one if possible.

    They are ``known`` for so many calls of each group.
    """
    groups, transposed = window.groups, window.transposed.get("calls")
    if transposed and ((known == 0) | (known == groups.counts[:, None])).all():
        sums = groups.add_halves(transposed.both(*columns))
        if sums is not None:
            return sums * (known > 0)
    return np.column_stack([groups.add(_known(window, name)) for name in columns])


def _known(window: Window, column: str) -> npt.NDArray[Any]:
    """Return ``column`` of each call, 0 where it is missing."""
    values, missing = window.of_calls(column), window.missing.get(column)
    return values if missing is None else values * ~missing


def _slept(window: Window) -> tuple[Numbers, Numbers]:
    """Return for each group how many calls slept, and for how many that is known."""
    groups, missing = window.groups, window.missing.get("sleeps")
    slept = window.of_calls("sleeps") > 0
    if missing is None:
        return groups.add(slept), groups.counts
    return groups.add(slept & ~missing), groups.counts - groups.add(missing)


def _unseen(window: Window) -> dict[Unseen, Numbers]:
    """Return for each group how many calls have something unseen, by what."""
    bits = window.of_calls("unseen")
    if not bits.any():
        return {}
    return {kind: window.groups.add((bits & np.uint8(kind)) != 0) for kind in Unseen}


def distributions(window: Window, column: str) -> dict[int, Distribution]:
    """Return the distribution of ``column`` over finished calls, by group number."""
    return window.once(("distributions", column), lambda: _distributions(window, column))


def _distributions(window: Window, column: str) -> dict[int, Distribution]:
    missing = window.missing.get(column)
    unknown = window.unfinished if missing is None else window.unfinished | missing
    numbers = signed(window.of_calls(column))
    parts = window.groups.split(numbers, ~unknown if unknown.any() else None)
    return {place: Distribution.of(part) for place, part in enumerate(parts) if len(part)}
