"""Traces made to differ in one thing, and the result of comparing them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from analysis.comparison.compare import Comparison, Row, compare
from analysis.frames import Trace, read_trace
from tests.analysis.handmade import Maker

TEN = (1000, 1010, 1020, 1030, 1040, 1050, 1060, 1070, 1080, 1090)


def polls(
    times_ns: Iterable[int] = TEN, queued: int = 0, detached: dict[str, str] | None = None
) -> Maker:
    """A phase of poll, one call per time, each of which queues and removes entries."""
    maker = Maker(detached=detached)
    maker.phase("poll", name="polls")
    for wall_ns in times_ns:
        maker.call("poll", 1, wall_ns=wall_ns, insertions=queued, removals=queued, fd_polls=41)
    return maker


def counted(column: str, values: Iterable[int]) -> Maker:
    """A phase of poll, one call per value of ``column``."""
    maker = Maker()
    maker.phase("poll", name="polls")
    for value in values:
        maker.call("poll", 1, **{column: value})
    return maker


def compared(path: Path, a: Maker, b: Maker) -> Comparison:
    """Compare two traces, without their findings, which take time."""
    of_a, of_b = (
        [read_trace(each.write(path / f"{name}.trace"))] for name, each in (("a", a), ("b", b))
    )
    return compare(of_a, of_b, rules=())


def row(found: Comparison, metric: str, family: str = "poll") -> Row:
    (chosen,) = (
        each for each in found.rows
        if each.metric == metric and family in (each.family.a, each.family.b)
    )  # fmt: skip
    return chosen


def program(name: str, calls: int) -> Maker:
    maker = Maker()
    maker.task(71, name)
    maker.task(72, "load")
    for _ in range(calls):
        maker.call("poll", 1, fd_polls=1)
    maker.call("read", 1, tid=72, fd=4)
    return maker


def sides(path: Path, of_a: list[int], of_b: list[int]) -> Comparison:
    """Recordings that are ``of_a`` and ``of_b`` ns slower than the others."""

    def written(shifts: list[int], side: str) -> list[Trace]:
        return [
            read_trace(polls(each + by for each in TEN).write(path / f"{side}{number}.trace"))
            for number, by in enumerate(shifts)
        ]

    return compare(written(of_a, "a"), written(of_b, "b"), rules=())
