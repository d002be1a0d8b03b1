"""The contents of a fleet's report, computed once for text, JSON and page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.fleet.fleet import Fleet, Sum, findings, programs, sum_of, summed
from analysis.fleet.outliers import Outlier, outliers
from analysis.fleet.row import Row
from analysis.fleet.verdicts import Verdicts
from tracer.shared.message import message

UNKNOWN_HOST = message("host unknown")
"""The host of traces whose recorder did not write the name."""


@dataclass(frozen=True)
class RuleCount:
    """A rule: traces with a finding, traces in which it was judged, findings in total."""

    rule: str
    traces: int
    judged: int
    findings: int


@dataclass(frozen=True)
class Summary:
    """The report of ``fleet``; sums have most calls first."""

    fleet: Fleet
    total: Sum
    hosts: tuple[Sum, ...]
    releases: tuple[Sum, ...]
    programs: tuple[Sum, ...]
    outliers: tuple[Outlier, ...]
    rules: tuple[RuleCount, ...]
    overlapping: tuple[tuple[str, str, str], ...]
    """Host and two of its traces that were recorded at the same time."""
    verdicts: Verdicts | None


def summary_of(fleet: Fleet, verdicts: Verdicts | None = None) -> Summary:
    """Return what the report of ``fleet`` says."""
    rows = fleet.rows
    known = tuple(row for row in rows if row.host is not None)
    return Summary(
        fleet=fleet,
        total=sum_of("", rows),
        hosts=tuple(summed(rows, host_of)),
        releases=tuple(summed(rows, lambda row: row.release)),
        programs=tuple(programs(rows)),
        outliers=tuple(outliers(summed(known, host_of))),
        rules=tuple(RuleCount(*each) for each in findings(rows)),
        overlapping=tuple(_overlapping(known)),
        verdicts=verdicts,
    )


def host_of(row: Row) -> str:
    """Return the name of the trace's host."""
    return UNKNOWN_HOST if row.host is None else row.host


def _overlapping(rows: tuple[Row, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield each host's consecutive traces of which the second began before the first ended.

    ``started_at`` has whole seconds, so an overlap of less than one is ignored.
    """
    last: dict[str, tuple[datetime, Row]] = {}
    for row in sorted(rows, key=lambda row: (row.started_at, row.id)):
        began = datetime.fromisoformat(row.started_at)
        end = began + timedelta(microseconds=row.recorded_ns // 1000)
        host = host_of(row)
        if host in last:
            ended, before = last[host]
            if (ended - began).total_seconds() >= 1:
                yield host, before.name, row.name
            if ended > end:
                continue
        last[host] = end, row
