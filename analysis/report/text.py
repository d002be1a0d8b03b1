"""The report on a trace for a terminal: what was lost, then what was seen, what is missing."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from analysis.checks.digest import Digest, digest_of
from analysis.fds.table import busiest_fds, how_known
from analysis.findings import telling
from analysis.findings.examine import Examination, examine_in_one_pass
from analysis.metrics import summary
from analysis.recorded import (
    absent,
    phase_names,
)
from analysis.report.head import SHOWN, head
from analysis.tasks import processes, tasks_frame
from analysis.terminal.tables import MISSING, harmless, table, terminal_width
from analysis.trace import unseen
from analysis.trace.coverage import MEASURED, why_missing
from analysis.windows.recording import Recorded, Recording
from tracer.shared.clock import NS_PER_US
from tracer.shared.message import localized, message, message_n
from tracer.shared.wrapping import wrapped

TABLES: Final[Mapping[str, Sequence[str]]] = {
    message("Polls of fds, and entries"): ("calls", "passes", "fd_polls", "insertions", "removals"),
    message("Callbacks and copies"): ("callbacks", "notified", "bytes_in", "bytes_out"),
    message("Sleep"): ("slept", "sleeps", "sleep_calls", "preemptions", "wakeups"),
}
"""Sums over the calls of all traced tasks, including a workload's waker; ``slept`` counts calls."""

TIMES: Final = (
    "kernel_ns_median", "kernel_ns_mean", "off_cpu_ns_median", "off_cpu_ns_mean", "wall_ns_median",
)  # fmt: skip


def report(
    trace: Recorded,
    width: int | None = None,
    examined: Examination | None = None,
    verbose: bool = False,
) -> str:
    """Return the report on ``trace`` as text; ``width`` is the terminal's by default.

    ``examined`` is what the rules found in it; if it is not given, the rules are run. ``verbose``
    names for each missing number the hooks that it needs.
    """
    columns, examined = width or terminal_width(), examined or examine_in_one_pass(trace)
    found = digest_of(trace)
    first = [_first(examined, columns)]
    more = [*_findings(trace.recording, examined, columns), *_fds(trace, columns)]
    return text_of(trace.recording, found, columns, first, more, verbose)


def text_of(  # noqa: PLR0917 - each is another part of the text
    recording: Recording,
    found: Digest,
    width: int,
    first: Sequence[str] = (),
    more: Sequence[str] = (),
    verbose: bool = False,
) -> str:
    """Return the report on ``recording``, whose digest is ``found``.

    ``first`` precedes everything, ``more`` are parts after the head.
    """
    rows = summary(found.totals)
    parts = [*first, "\n".join(head(recording, found, width)), *more]
    parts += _processes(recording, found, width)
    if rows.empty:
        parts.append(localized("No traced system calls."))
    else:
        parts += [each for title in TABLES for each in _counts(recording, rows, title, width)]
        parts.append(_times(recording, rows, width))
    parts += _missing(recording, found, width, verbose)
    return "\n\n".join(parts) + "\n"


def measured(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    """Return those of ``columns`` that have a number in any row: the others are missing."""
    return tuple(column for column in columns if rows[column].notna().any())


def _missing(recording: Recording, found: Digest, width: int, verbose: bool) -> Iterator[str]:
    """Yield what is missing: in one line, or each number with its hooks and their reasons."""
    missing, reasons = absent(recording, found.totals.families)
    if missing and not verbose:
        yield wrapped(localized(_measured_by_none(recording, found)), width, "  ")
        missing, reasons = [], []
    titles = (
        message("Missing ({dash}), not zero:", dash=MISSING),
        message("Not attached:"),
        message("Missing in some calls, which are left out of sums and medians:"),
    )
    unseen_calls = unseen.sentences(found.totals.unseen, recording.manifest.plan)
    for title, lines in zip(titles, (missing, reasons, unseen_calls), strict=True):
        if lines:
            yield "\n  ".join(harmless(localized(line)) for line in (title, *lines))


def _measured_by_none(recording: Recording, found: Digest) -> str:
    """Return in one line which columns no call has, and how many hooks are absent."""
    plan = recording.manifest.plan
    columns = [
        column
        for column in MEASURED
        if all(why_missing(plan, column, family) for family in found.totals.families)
    ]
    absent_hooks = sum(row.attached is None for row in plan)
    if not columns:
        return message_n(
            "No number is missing in all calls; {count} hook is not attached (-v says why)",
            "No number is missing in all calls; {count} hooks are not attached (-v says why)",
            count=absent_hooks,
        )
    return message_n(
        "Not measured in any call: {columns} ({count} hook is not attached; -v says why)",
        "Not measured in any call: {columns} ({count} hooks are not attached; -v says why)",
        count=absent_hooks,
        columns=", ".join(columns),
    )


def _first(found: Examination, width: int) -> str:
    lines = telling.summary_lines(found)
    return "\n".join(wrapped(harmless(localized(line)), width, "    ") for line in lines)


def _findings(recording: Recording, found: Examination, width: int) -> Iterator[str]:
    if lines := list(telling.section(found, recording, width)):
        yield "\n".join(lines)


def _processes(recording: Recording, found: Digest, width: int) -> Iterator[str]:
    """Yield a table of the processes with most calls, if there are several."""
    rows = processes(tasks_frame(recording.tasks.records), found.calls_of_processes)
    if len(rows) < 2:
        return
    headers = (
        message("name"),
        "pid",
        message("in its namespace"),
        message("threads"),
        message("calls"),
    )
    shown = [_process(row) for row in rows.head(SHOWN).to_dict("records")]
    title = message_n(
        "{count:,} process, most calls first",
        "{count:,} processes, most calls first",
        count=len(rows),
    )
    yield localized(title) + "\n" + table(headers, shown, width, 1)


def _process(row: Mapping[Hashable, Any]) -> tuple[object, ...]:
    pid, own = int(row["pid"]), row["own_pid"]
    elsewhere = "" if own is pd.NA or own == pid else str(own)
    return row["comm"], str(pid), elsewhere, int(row["threads"]), int(row["calls"])


def _fds(trace: Recorded, width: int) -> Iterator[str]:
    """Yield a table of the fds with most calls, if they were observed."""
    found = busiest_fds(trace, SHOWN)
    if found.empty:
        return
    headers = (message("what it is"), message("system calls"), "pid", "fd", message("calls"))
    rows = [
        (
            row["name"] or message("not known"), row["families"], str(row["pid"]), str(row["fd"]),
            int(row["calls"]),
        )
        for row in found.to_dict("records")
    ]  # fmt: skip
    title = message("The fds with the most calls ({known})", known=how_known(trace))
    yield localized(title) + "\n" + table(headers, rows, width, 2)


def _labels(recording: Recording, rows: pd.DataFrame) -> list[tuple[str, str]]:
    names = phase_names(recording)
    pairs = zip(rows["phase"].tolist(), rows["family"].tolist(), strict=True)
    return [(f"{number} {localized(names.get(number, '?'))}", family) for number, family in pairs]


def _counts(recording: Recording, rows: pd.DataFrame, title: str, width: int) -> Iterator[str]:
    """Yield the table called ``title``; columns without a number in any row are left out."""
    columns = measured(rows, TABLES[title])
    if not columns:
        return
    numbers = zip(*(rows[column].tolist() for column in columns), strict=True)
    filled = [(*label, *row) for label, row in zip(_labels(recording, rows), numbers, strict=True)]
    headers = [
        message("phase"),
        message("family"),
        *(column.replace("_", "\n") for column in columns),
    ]
    heading = localized(message("{title}, all traced tasks", title=title))
    yield f"{heading}\n{table(headers, filled, width, words=2)}"


def _times(recording: Recording, rows: pd.DataFrame, width: int) -> str:
    numbers = zip(*((rows[column] / NS_PER_US).tolist() for column in TIMES), strict=True)
    filled = [(*label, *row) for label, row in zip(_labels(recording, rows), numbers, strict=True)]
    headers = [
        message("phase"),
        message("family"),
        *(column.replace("_ns_", "\n") for column in TIMES),
    ]
    heading = localized("Time per call, µs, all traced tasks")
    return f"{heading}\n{table(headers, filled, width, words=2)}"
