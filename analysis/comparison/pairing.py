"""Pairs phases of one trace with those of another, and families of calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from analysis.recorded import phase_names
from analysis.windows.recording import Recorded
from analysis.windows.totals import Totals
from tracer.shared.message import message
from tracer.shared.syscalls import FAMILIES

Matched = Literal["name", "order"]

WAITS: Final = frozenset(
    ("select", "poll", "epoll_wait", "rt_sigtimedwait", "io_getevents", "io_uring_enter")
)
"""Families whose calls wait for events: each model has its own in place of the others'."""


@dataclass(frozen=True)
class Phase:
    """A phase of one trace; ``name`` is None if no truth names it."""

    number: int
    name: str | None

    @property
    def title(self) -> str:
        """Its name in texts."""
        return self.name or message("phase {number}", number=self.number)


@dataclass(frozen=True)
class PhasePair:
    """A phase of either trace, or an unpaired one; ``matched`` says what paired them."""

    a: Phase | None
    b: Phase | None
    matched: Matched | None


@dataclass(frozen=True)
class FamilyPair:
    """A family of calls of either trace; None: the phase has no such call.

    Their names differ if each phase waits in one family, but not in the same.
    """

    a: str | None
    b: str | None

    @property
    def title(self) -> str:
        """Its name in texts."""
        return " | ".join(dict.fromkeys(name for name in (self.a, self.b) if name))


def phases_of(trace: Recorded, totals: Totals) -> list[Phase]:
    """Return the phases of ``trace``: those that its truth names, and those with calls.

    ``totals`` are those of its calls. Calls outside of any phase (number 0) come last.
    """
    names = phase_names(trace)
    called = {phase for phase, _ in totals.by_key}
    numbers = called | (names.keys() - {0})
    return [
        Phase(number, names.get(number)) for number in sorted(numbers, key=lambda n: (n == 0, n))
    ]


def pair_phases(a: Sequence[Phase], b: Sequence[Phase]) -> list[PhasePair]:
    """Pair phases of the same name, first with first; pair the rest by order.

    Returned in the order of ``a``; unpaired ones come last. Calls outside of any phase (number 0)
    are only paired with each other.
    """
    rest = list(b)
    pairs: dict[int, PhasePair] = {}
    for phase in a:
        twin = next((each for each in rest if phase.name and each.name == phase.name), None)
        if twin:
            rest.remove(twin)
            pairs[phase.number] = PhasePair(phase, twin, "name")
    for phase in a:
        other = next((each for each in rest if each.number), None)
        if phase.number and phase.number not in pairs and other:
            rest.remove(other)
            pairs[phase.number] = PhasePair(phase, other, "order")
    joined = [pairs[phase.number] for phase in a if phase.number in pairs]
    alone = [PhasePair(phase, None, None) for phase in a if phase.number not in pairs]
    return joined + alone + [PhasePair(None, phase, None) for phase in rest]


def pair_families(a: set[str], b: set[str]) -> Iterator[FamilyPair]:
    """Pair families of the same name, and the one that only ``a`` waits in with that of ``b``."""
    waits_a, waits_b = sorted((a - b) & WAITS), sorted((b - a) & WAITS)
    other = dict(zip(waits_a, waits_b, strict=True)) if len(waits_a) == len(waits_b) == 1 else {}
    for family in [*FAMILIES, *sorted((a | b) - set(FAMILIES))]:
        if family in a:
            yield FamilyPair(family, other.get(family, family if family in b else None))
        elif family in b and family not in other.values():
            yield FamilyPair(None, family)
