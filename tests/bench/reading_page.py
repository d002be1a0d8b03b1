"""What ``scripts/bench reading`` found, as a page: all rows, memory by length, goals."""

from __future__ import annotations

import datetime
import os
import statistics
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from tests.bench.goals import met


class Cost(NamedTuple):
    """The cost of one command."""

    cpu_s: float
    elapsed_s: float
    rss_mib: float


class Row(NamedTuple):
    """A command on a trace of ``detail`` with so many ``records``, or on none."""

    what: str
    detail: str
    records: int
    cost: Cost


MOST_MIB: Final = 1024
COMPARE: Final = "compare, with itself"
GROWING: Final = ("report", COMPARE)
"""Commands whose time is to grow no faster than the trace."""
MOST_REPORTS: Final = 2.5
"""Reports of one trace that a comparison of two may cost."""
BARS: Final = 40
"""Length of the longest bar in characters."""


def line(row: Row) -> str:
    """Return ``row`` as a line of the table."""
    rate = f"{row.records / row.cost.cpu_s / 1e6:.2f}" if row.records else ""
    count = f"{row.records:,}" if row.records else ""
    cost = row.cost
    memory = f"{cost.rss_mib:,.0f}" if row.records else ""  # a child starts with its parent's
    return (
        f"| {row.what} | {row.detail} | {count} | {cost.cpu_s:.2f} | {cost.elapsed_s:.2f} | {rate} "
        f"| {memory} |"
    )


def page(found: Sequence[Row], speeds: Sequence[float]) -> str:
    """Return the rows as Markdown; ``speeds`` are CPU seconds of one fixed job between them."""
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return "\n".join(
        [
            "# What reading a trace takes",
            "",
            f"Made by `scripts/bench reading` on {today}; do not edit.",
            "",
            f"On {os.cpu_count()} processors, the load at the end {os.getloadavg()[0]:.1f}:",
            "other load makes elapsed times longer, and CPU seconds up to half as many again.",
            "So does what else the host of a virtual machine does: between these rows a fixed",
            f"job of NumPy took {min(speeds):.2f} to {max(speeds):.2f} CPU seconds, mostly "
            f"{statistics.median(speeds):.2f}.",
            "Records are calls and steps together; the traces are recorded ones, repeated,",
            "with times and call numbers that continue. Imports are included.",
            "Rows without *again* start with nothing cached about the trace.",
            "A command without a row for some length was not measured there.",
            "",
            "| what | detail | records | CPU s | elapsed s | million per CPU s | RSS, MiB |",
            "|---|---|---|---|---|---|---|",
            *map(line, found),
            "",
            "## Memory by length",
            "",
            f"Peak RSS, a `#` for each {_most_mib(found) / BARS:.0f} MiB; the goal is {MOST_MIB:,} "
            "at any length.",
            "",
            "```",
            *_curves(found),
            "```",
            "",
            "## Goals",
            "",
            "| goal | found | |",
            "|---|---|---|",
            *_goals(found),
            "",
        ]
    )  # fmt: skip


def _most_mib(found: Sequence[Row]) -> float:
    return max([row.cost.rss_mib for row in found] + [MOST_MIB])


def _by_command(found: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in sorted((row for row in found if row.records), key=lambda row: row.records):
        grouped.setdefault((row.what, row.detail), []).append(row)
    return grouped


def _curves(found: Sequence[Row]) -> Iterator[str]:
    each = _most_mib(found) / BARS
    for (what, detail), same in _by_command(found).items():
        yield f"{what}, {detail}"
        for row in same:
            bar = "#" * round(row.cost.rss_mib / each)
            yield f"  {row.records:>12,}  {bar} {row.cost.rss_mib:,.0f}"


def _goals(found: Sequence[Row]) -> Iterator[str]:
    for row in found:
        if not row.records:
            yield _goal(
                f"{row.what} under 0.15 s", f"{row.cost.cpu_s:.2f} s of CPU", row.cost.cpu_s < 0.15
            )
    for (what, detail), same in _by_command(found).items():
        longest, least = same[-1], LEAST.get(what)
        on = f"{what}, detail {detail}, {longest.records:,} records"
        cost = longest.cost
        if least:
            seconds = cost.cpu_s if least.per == CPU_SECOND else cost.elapsed_s
            rate = longest.records / seconds / 1e6
            goal = f"{on}: {least.million} million per {least.per}"
            yield _goal(goal, f"{rate:.2f}", rate >= least.million)
        if what.startswith("explain"):
            yield _goal(f"{on}: 3 s", f"{cost.elapsed_s:.1f} s", cost.elapsed_s < 3)
        if what in GROWING:
            yield from _growth(same)
        if what == COMPARE:
            yield from _against_reports(same, _by_command(found)["report", detail])
    most = max((row.cost.rss_mib for row in found), default=0)
    yield _goal(f"all: {MOST_MIB:,} MiB at most", f"{most:,.0f}", most <= MOST_MIB)


class Rate(NamedTuple):
    """So many ``million`` records ``per`` CPU_SECOND, or per second that went by."""

    million: float
    per: str


CPU_SECOND: Final = "CPU second"
SECOND: Final = "second"
LEAST: Final = {
    "report": Rate(5, CPU_SECOND),
    "export --parquet": Rate(3, SECOND),
    "export --perfetto": Rate(0.5, SECOND),
}
"""What a command is to reach at least. Perfetto's goal is of events, of which there are more than
records."""


def _growth(same: Sequence[Row]) -> Iterator[str]:
    for one, ten in pairwise(same):
        times = (ten.cost.cpu_s / one.cost.cpu_s) / (ten.records / one.records / 10)
        yield _goal(
            f"{one.what}, detail {one.detail}, {ten.records:,} records: 10.5 times the time of a "
            "tenth",
            f"{times:.1f}",
            times <= 10.5,
        )


def _against_reports(same: Sequence[Row], reports: Sequence[Row]) -> Iterator[str]:
    of_report = {report.records: report.cost.cpu_s for report in reports}
    for row in same:
        times = row.cost.cpu_s / of_report[row.records]
        yield _goal(
            f"{row.what}, detail {row.detail}, {row.records:,} records: {MOST_REPORTS} times a "
            "report of it",
            f"{times:.1f}",
            times <= MOST_REPORTS,
        )


def _goal(goal: str, found: str, reached: bool) -> str:
    return f"| {goal} | {found} | {met(reached)} |"
