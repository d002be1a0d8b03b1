"""What a fleet's report says about one trace: where it was recorded, its totals, its doubts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from analysis.windows.totals import SUMMED, Total

POLLS = SUMMED.index("fd_polls")


@dataclass(frozen=True)
class Amount:
    """Calls added up: sums, each with the number of calls for which it is known.

    ``kernel_ns`` is the calls' time in the kernel, ``slept`` counts calls that slept.
    """

    calls: int = 0
    unfinished: int = 0
    kernel_ns: int = 0
    kernel_known: int = 0
    fd_polls: int = 0
    polls_known: int = 0
    slept: int = 0
    slept_known: int = 0

    @classmethod
    def of(cls, total: Total) -> Self:
        """Return the amount of ``total``."""
        kernel = total.times.get("kernel_ns")
        return cls(
            calls=total.calls,
            unfinished=total.unfinished,
            kernel_ns=kernel.total if kernel else 0,
            kernel_known=kernel.count if kernel else 0,
            fd_polls=int(total.sums[POLLS]),
            polls_known=int(total.known[POLLS]),
            slept=total.slept or 0,
            slept_known=0 if total.slept is None else total.calls,
        )

    def combine(self, other: Self, /) -> Self:
        """Return the sum of both."""
        return type(self)(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
            }
        )


@dataclass(frozen=True)
class Doubts:
    """Why the numbers of a trace may not cover all that happened; all zero and complete: they do.

    ``lost`` is None if losses could not be counted at the end, ``missed`` counts skipped runs of
    programs. The others count problems found by a report's checks.
    """

    state: str
    lost: int | None
    missed: int
    gaps: int
    unbalanced: int
    disagreeing: int
    untrue: int

    @property
    def problems(self) -> int:
        """How many problems the checks found."""
        return self.gaps + self.unbalanced + self.disagreeing + self.untrue

    @property
    def any(self) -> bool:
        """Tell whether there is a doubt."""
        if self.state != "complete" or self.lost is None:
            return True
        return self.lost + self.missed + self.problems > 0


@dataclass(frozen=True)
class OneTrace:
    """What was recorded. ``id`` is the recording's (analysis.fleet.identity).

    ``recorded_ns`` is how long, ``records`` how many calls and steps.
    """

    id: str
    name: str
    host: str | None
    release: str
    where: str
    detail: str
    started_at: str
    recorded_ns: int
    records: int
    amount: Amount


@dataclass(frozen=True)
class Row(OneTrace):
    """One trace.

    ``findings`` has by rule how many there are, ``judged`` the rules that could be judged.
    """

    programs: Mapping[str, Amount]
    findings: Mapping[str, int]
    judged: tuple[str, ...]
    doubts: Doubts
