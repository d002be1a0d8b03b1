"""The page of one trace: what is wrong, its loops over time, one call, each family's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pandas as pd
from markupsafe import Markup

from analysis.checks.digest import Digest, digest_of
from analysis.checks.undecided import Undecided
from analysis.fds.table import how_known
from analysis.findings.examine import Examination, examine_in_one_pass
from analysis.findings.telling import advice, groups, not_judged, summary_lines
from analysis.frames import MOST_WHOLE, Trace, trace_of
from analysis.metrics import summary
from analysis.page.charts import ChartSlot, chart_slot
from analysis.page.document import document
from analysis.page.loop import loop_part
from analysis.page.timeline_html import timeline_html
from analysis.pictures.of_trace import OF_TOTALS, OF_TRACE
from analysis.recorded import absent, circumstances, phase_names
from analysis.report.text import TABLES, TIMES, measured
from analysis.terminal.tables import harmless
from analysis.timeline import timeline_of
from analysis.windows.problems import Problems
from analysis.windows.recording import Recorded, Recording
from tracer.shared.clock import NS_PER_US
from tracer.shared.errors import TraceError
from tracer.shared.message import message, message_n

MOST_PROBLEMS: Final = 50
FIRST: Final = ("losses", "misses", "state", "kernel", "command", "watched")
"""Circumstances shown at the top; the others are folded."""


@dataclass(frozen=True)
class Check:
    """What was checked, what was found, and the problems, of which ``more`` are not listed."""

    name: str
    found: str
    problems: tuple[str, ...] = ()
    more: str = ""


@dataclass(frozen=True)
class Counts:
    """A table of sums by phase and family; a missing number is None."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[float | None, ...]], ...]


def trace_html(trace: Recorded, examined: Examination | None = None) -> str:
    """Return the page of ``trace`` as one self-contained HTML file.

    If the trace is too long for frames (analysis.frames.MOST_WHOLE), it has no pictures of single
    calls, and says so.
    """
    recording = trace.recording
    examined = examined or examine_in_one_pass(recording)
    found = digest_of(recording)
    frames = trace if isinstance(trace, Trace) else None
    if frames is None and recording.records <= MOST_WHOLE:
        frames = trace_of(recording)
    slots = list(_slots(frames or recording))
    part = loop_part(recording, list(found.gaps))
    around = circumstances(recording, found.totals)
    missing, not_attached = absent(recording, found.totals.families)
    return document(
        "trace.html.j2",
        charts=bool(slots or part.slots),
        part=part,
        name=recording.path.name,
        left_out=_left_out(frames),
        facts=[(name, around[name]) for name in FIRST if around.get(name)],
        others=[(name, text) for name, text in around.items() if name not in FIRST],
        recorded=_recorded(recording),
        checks=list(_checks(recording, found)),
        findings=[(group, advice(group, recording)) for group in groups(examined)],
        nothing_found=summary_lines(examined)[0],
        not_judged=not_judged(examined) if examined.unjudged else None,
        slots=slots,
        timeline=_timeline(frames or recording),
        tables=list(_tables(recording, found)),
        fds_known=how_known(recording),
        missing=missing,
        not_attached=not_attached,
    )


def _left_out(frames: Trace | None) -> str:
    if frames is not None:
        return ""
    return message(
        "pictures of single calls: the trace has more than {most:,} calls and steps",
        most=MOST_WHOLE,
    )


def _recorded(trace: Recording) -> str:
    return message(
        "{calls}, {steps}, {phases}",
        calls=message_n("{count:,} call", "{count:,} calls", count=len(trace.calls.records)),
        steps=message_n("{count:,} step", "{count:,} steps", count=len(trace.steps.records)),
        phases=message_n(
            "{count:,} phase",
            "{count:,} phases",
            count=len(trace.truth.phases if trace.truth else ()),
        ),
    )


def _checks(trace: Recording, found: Digest) -> Iterator[Check]:
    ledger = found.ledger
    balanced = message(
        "{insertions:,} insertions, {removals:,} removals, balanced",
        insertions=ledger.insertions, removals=ledger.removals,
    )  # fmt: skip
    if ledger.unchecked:
        balanced = message("not checked: {why}", why=ledger.unchecked)
    yield _check(message("ledger of entries"), ledger.problems, balanced)
    if trace.truth:
        good = message("agrees with the trace")
    else:
        good = message("none; the command was not one of tracer's workloads")
    yield _check(message("the workload's truth"), Problems.plain(found.untrue), good)
    if trace.manifest.detail == "steps":
        yield _check(message("counters"), found.disagreeing, message("agree with the steps"))


def _check(name: str, problems: Problems, good: str) -> Check:
    if not problems:
        return Check(name, good)
    found = message_n("{count:,} problem", "{count:,} problems", count=len(problems))
    rest = len(problems) - MOST_PROBLEMS
    more = message("and {number} more", number=rest) if rest > 0 else ""
    return Check(name, found, tuple(problems)[:MOST_PROBLEMS], more)


def _slots(trace: Trace | Recording) -> Iterator[ChartSlot]:
    for name, picture in OF_TRACE.items():
        if isinstance(trace, Recording) and name not in OF_TOTALS:
            continue
        try:
            rows = picture.rows(trace)
        except Undecided:
            continue
        yield chart_slot(f"chart-{name}", picture, {harmless(trace.manifest.release): rows})


def _timeline(trace: Recorded) -> Markup | None:
    """Return the timeline of one call; None if no steps were recorded, or no call waited."""
    try:
        return timeline_html(timeline_of(trace))
    except TraceError:
        return None


def _tables(trace: Recording, found: Digest) -> Iterator[Counts]:
    rows = summary(found.totals)
    if rows.empty:
        return
    for title, columns in TABLES.items():
        if there := measured(rows, columns):
            yield _table(trace, rows, message("{title}, all traced tasks", title=title), there)
    in_us = rows.assign(**{column: rows[column] / NS_PER_US for column in TIMES})
    yield _table(trace, in_us, message("Time per call, µs, all traced tasks"), TIMES)


def _table(trace: Recording, rows: pd.DataFrame, title: str, columns: tuple[str, ...]) -> Counts:
    names = phase_names(trace)
    lines = [
        (
            names.get(int(row["phase"]), "?"),
            str(row["family"]),
            tuple(None if pd.isna(row[column]) else row[column] for column in columns),
        )
        for row in rows.to_dict("records")
    ]
    heads = tuple(column.replace("_ns_", " ").replace("_", " ") for column in columns)
    return Counts(title, heads, tuple(lines))
