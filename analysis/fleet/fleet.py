"""Traces of many machines: a partial result that combines like those of windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from analysis.fleet.row import Amount, Row
from analysis.windows.totals import Total, merged

Group = Callable[[Row], str]


@dataclass(frozen=True)
class Unread:
    """A trace that is not in the report, and why."""

    path: str
    because: str


@dataclass(frozen=True)
class Fleet:
    """Some traces of a fleet. ``families`` has the sums of all; ``rows`` have each trace's own.

    In whichever order traces are combined, the result is the same except for the order of its
    parts, which :meth:`ordered` normalises. Each recording is in it once.
    """

    rows: tuple[Row, ...] = ()
    families: Mapping[str, Total] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    copies: tuple[Unread, ...] = ()
    """Further copies of recordings that are in it: they are not missing."""

    def combine(self, other: Self, /) -> Self:
        """Return the traces of both."""
        return type(self)(
            self.rows + other.rows,
            merged(self.families, other.families),
            self.unread + other.unread,
            self.copies + other.copies,
        )

    def ordered(self) -> Self:
        """Return the same in an order that depends only on the traces."""
        return type(self)(
            tuple(sorted(self.rows, key=lambda row: (row.host or "", row.started_at, row.id))),
            dict(sorted(self.families.items())),
            tuple(sorted(self.unread, key=lambda each: each.path)),
            tuple(sorted(self.copies, key=lambda each: each.path)),
        )


NO_TRACES: Final = Fleet()


@dataclass(frozen=True)
class Sum:
    """Sums of the traces of one host, release or program; ``doubtful`` counts those in doubt."""

    name: str
    traces: int
    hosts: int
    """Hosts whose name is known."""
    doubtful: int
    recorded_ns: int
    amount: Amount
    findings: int
    judged: int
    """Traces in which at least one rule could be judged."""


def summed(rows: tuple[Row, ...], group: Group) -> list[Sum]:
    """Return the sums of the ``rows`` of each group, most calls first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(group(row), []).append(row)
    sums = [sum_of(name, tuple(some)) for name, some in found.items()]
    return sorted(sums, key=lambda each: (-each.amount.calls, each.name))


def sum_of(name: str, rows: tuple[Row, ...]) -> Sum:
    """Return the sum of ``rows``."""
    amount = Amount()
    for row in rows:
        amount = amount.combine(row.amount)
    return Sum(
        name=name,
        traces=len(rows),
        hosts=len({row.host for row in rows} - {None}),
        doubtful=sum(row.doubts.any for row in rows),
        recorded_ns=sum(row.recorded_ns for row in rows),
        amount=amount,
        findings=sum(sum(row.findings.values()) for row in rows),
        judged=sum(bool(row.judged) for row in rows),
    )


def programs(rows: tuple[Row, ...]) -> list[Sum]:
    """Return the sums of each program's calls, most calls first; findings are only by trace."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        for name, amount in row.programs.items():
            own = replace(row, amount=amount, findings={}, judged=())
            found.setdefault(name, []).append(own)
    sums = [sum_of(name, tuple(some)) for name, some in found.items()]
    return sorted(sums, key=lambda each: (-each.amount.calls, each.name))


def findings(rows: tuple[Row, ...]) -> list[tuple[str, int, int, int]]:
    """Return by rule: traces that have it, traces in which it was judged, its number of findings.

    The most widespread come first.
    """
    rules = {rule for row in rows for rule in row.judged}
    counted = [
        (
            rule,
            sum(rule in row.findings for row in rows),
            sum(rule in row.judged for row in rows),
            sum(row.findings.get(rule, 0) for row in rows),
        )
        for rule in rules
    ]
    return sorted(counted, key=lambda each: (-each[1], -each[3], each[0]))
