"""Figures: numbers that a verdict is computed from, found by their fields and never by a text.

::

    found = Figures([Figure(What.SLOPE, 47.0, message("poll, per fd more"), model="poll"), …])
    found.value(What.SLOPE, model="poll")           47.0
    found.pick(What.TO_EPOLL, link="lan")           every such figure, never none

A figure that is missing, or not a number, decides nothing: Undecided is raised.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum, auto

from analysis.checks.undecided import Undecided
from analysis.verdicts.engine import known_numbers
from tracer.shared.message import joined, message


class What(StrEnum):
    """What a figure is about. A cost is in the trace's unit: instructions, or ns natively."""

    EVENT = auto()
    """Cost of one delivered event."""
    TO_EPOLL = auto()
    """Ratio of a model's cost per event to epoll's."""
    EPOLL_TO = auto()
    """Ratio of epoll's cost per event to a model's."""
    TO_PLAIN = auto()
    """Ratio of the cost per event to that without epoll_ctl."""
    SLOPE = auto()
    """Cost of one more fd."""
    BASE = auto()
    """Cost with no fd."""
    FIT = auto()
    """Share of the variance that the line explains, at most 1."""
    FDS_GROWTH = auto()
    COST_GROWTH = auto()
    COPY = auto()
    SCAN = auto()
    ENTRIES = auto()
    REST = auto()
    WAIT = auto()
    CALLBACK = auto()
    """COPY to CALLBACK: parts of the cost of an event."""
    SAVED = auto()
    """How much less an event costs with epoll than with poll."""
    SHARE = auto()
    """Ratio of the cost of scan and entries to what is saved."""


class Unit(StrEnum):
    """What a figure is counted in."""

    COST = auto()
    TIMES = auto()
    OF_ONE = auto()


@dataclass(frozen=True)
class Figure:
    """One number, identified by all fields except ``value``, and ``label``, which is for people.

    ``fds``: 0 if it is not for one number of fds; ``link``: "loopback", "lan"; ``rearm``: "none",
    "mod", "del-add": the epoll_ctl that follows each event.
    """

    what: What
    value: float
    label: str
    unit: Unit = Unit.COST
    model: str = ""
    fds: int = 0
    link: str = "loopback"
    rearm: str = "none"

    @property
    def key(self) -> tuple[object, ...]:
        """What identifies the figure: everything but its value and its label."""
        return (self.what, self.unit, self.model, self.fds, self.link, self.rearm)


class Figures:
    """The figures of one trace, in the order they are shown. Undecided if one is not a number."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._all = tuple(figures)
        known_numbers((each.label, each.value) for each in self._all)

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._all)

    def pick(self, what: What, **fields: object) -> tuple[Figure, ...]:
        """Return the figures of ``what`` with ``fields``; Undecided if there is none."""
        found = tuple(
            each
            for each in self._all
            if each.what == what
            and all(getattr(each, name) == value for name, value in fields.items())
        )
        if not found:
            wanted = [what.value, *(f"{name} {value}" for name, value in fields.items())]
            raise Undecided(message("no figure of {wanted}", wanted=joined(", ", wanted)))
        return found

    def values(self, what: What, **fields: object) -> list[float]:
        """Return the values of ``pick``."""
        return [each.value for each in self.pick(what, **fields)]

    def value(self, what: What, **fields: object) -> float:
        """Return the value of the one figure of ``what`` with ``fields``."""
        (only,) = self.values(what, **fields)
        return only


def paired(one: Figures, two: Figures) -> list[tuple[Figure, Figure]]:
    """Return each figure of ``one`` with its counterpart in ``two``; Undecided if it has none."""
    others = {each.key: each for each in two}
    if [each.key for each in one] != list(others):
        raise Undecided("the two boots do not give the same figures")
    return [(each, others[each.key]) for each in one]


def means(one: Figures, two: Figures) -> Figures:
    """Return the mean of each figure of two boots."""
    pairs = paired(one, two)
    return Figures(replace(a, value=(a.value + b.value) / 2) for a, b in pairs)


def ratio(cost: float, other: float) -> float:
    """Return ``cost`` divided by ``other``; NaN if that is 0."""
    return cost / other if other else math.nan
