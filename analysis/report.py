"""A trace to read in a terminal: what was lost first, then what was seen, then what is missing."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import pandas as pd

from analysis import unseen
from analysis.commandline import command_line
from analysis.coverage import MEASURED, why_missing
from analysis.digest import Digest, digest_of
from analysis.fdtable import busiest_fds, how_known
from analysis.findings import as_json, telling
from analysis.findings.examine import Examination, examine_in_one_pass
from analysis.metrics import summary
from analysis.recorded import (
    WHERE,
    absent,
    exit_status,
    let_go,
    losses,
    misses,
    other_attempts,
    phase_names,
    state,
    watched,
)
from analysis.tables import MISSING, harmless, table, terminal_width
from analysis.tasks import processes, tasks_frame
from analysis.windows.problems import Problems
from analysis.windows.recording import Recorded, Recording
from tracer.shared.clock import NS_PER_US
from tracer.shared.message import localized, message, message_n
from tracer.shared.visible import visible
from tracer.shared.wrapping import cells, padded, wrapped

SHOWN: Final = 10
"""Problems of one kind that are written out; the rest is counted."""
MOST_FDS: Final = 1000
"""How many fds the JSON has."""

LABEL: Final = 10
"""Cells of a label in the head."""

TABLES: Final[Mapping[str, Sequence[str]]] = {
    message("Polls of fds, and entries"): ("calls", "passes", "fd_polls", "insertions", "removals"),
    message("Callbacks and copies"): ("callbacks", "notified", "bytes_in", "bytes_out"),
    message("Sleep"): ("slept", "sleeps", "sleep_calls", "preemptions", "wakeups"),
}
"""Sums over the calls of all traced tasks, a workload's waker too; ``slept`` counts calls."""

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

    ``examined`` is what the rules found in it, which is found out if that is not given.
    ``verbose`` says of each number that is missing which hooks it needs.
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
    """Return the report on ``recording``, which comes to ``found``.

    ``first`` stands before all, ``more`` are parts behind the head.
    """
    rows = summary(found.totals)
    parts = [*first, "\n".join(_head(recording, found, width)), *more]
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
    unseen_calls = unseen.told(found.totals.unseen, recording.manifest.plan)
    for title, lines in zip(titles, (missing, reasons, unseen_calls), strict=True):
        if lines:
            yield "\n  ".join(harmless(localized(line)) for line in (title, *lines))


def _measured_by_none(recording: Recording, found: Digest) -> str:
    """Return in one line which columns no call has a number of, and how many hooks are absent."""
    plan = recording.manifest.plan
    columns = [
        column
        for column in MEASURED
        if all(why_missing(plan, column, family) for family in found.totals.families)
    ]
    return message(
        "Not measured in any call: {columns} ({hooks} hooks are not attached; -v says why)",
        columns=", ".join(columns) if columns else message("none"),
        hooks=sum(row.attached is None for row in plan),
    )


def _first(found: Examination, width: int) -> str:
    lines = telling.summary_lines(found)
    return "\n".join(wrapped(harmless(localized(line)), width, "    ") for line in lines)


def _findings(recording: Recording, found: Examination, width: int) -> Iterator[str]:
    if lines := list(telling.told(found, recording, width)):
        yield "\n".join(lines)


def to_json(trace: Recorded, examined: Examination | None = None) -> dict[str, Any]:
    """Return what ``report`` shows as a JSON object; a missing number is null."""
    fds = busiest_fds(trace, MOST_FDS).to_json(orient="records")
    examined = examined or examine_in_one_pass(trace)
    found = digest_of(trace)
    return json_of(trace.recording, found) | {
        "fds": json.loads(fds),
        "findings": as_json.to_json(examined),
    }


def json_of(recording: Recording, found: Digest) -> dict[str, Any]:
    """Return the report on ``recording``, which comes to ``found``, as a JSON object.

    ``rows`` are those of ``analysis.metrics.summary`` with ``phase_name``, in its units. Of
    problems of one sort the first 50 are there; ``problems`` counts all of each.
    """
    manifest, ledger = recording.manifest, found.ledger
    rows = summary(found.totals)
    names = phase_names(recording)
    missing, not_attached = absent(recording, found.totals.families)
    rows.insert(1, "phase_name", [names.get(number, "?") for number in rows["phase"].tolist()])
    tasks = processes(tasks_frame(recording.tasks.records), found.calls_of_processes)
    return {
        "schema": 1,
        "trace": recording.path.name,
        "release": manifest.release,
        "where": manifest.where,
        "detail": manifest.detail,
        "state": manifest.state,
        "live": manifest.is_live,
        "losses": manifest.losses,
        "misses": manifest.missed,
        "let_go": asdict(manifest.let_go) if manifest.let_go else None,
        "so_far": asdict(manifest.so_far) if manifest.so_far else None,
        "truncated_bytes": recording.truncated_bytes,
        "problems": {
            "records": len(found.gaps),
            "ledger": len(ledger.problems),
            "truth": len(found.untrue),
            "counters": len(found.disagreeing),
        },
        "ledger": {"unchecked": ledger.unchecked, "problems": list(ledger.problems)},
        "disagreements": [*found.untrue, *found.disagreeing],
        "processes": json.loads(tasks.to_json(orient="records")),
        "fd_names": manifest.fd_names,
        "rows": json.loads(rows.to_json(orient="records", double_precision=6)),
        "missing": missing,
        "not_attached": not_attached,
        "missing_in_calls": unseen.told(found.totals.unseen, manifest.plan),
    }


def _head(recording: Recording, found: Digest, width: int) -> Iterator[str]:
    manifest = recording.manifest
    where = localized(WHERE.get(manifest.where, manifest.where))
    kernel = visible(f"{manifest.release} {manifest.architecture}")
    yield f"{visible(recording.path.name)}: {kernel} ({where})"
    yield _line(message("losses:"), losses(manifest))
    yield _line(message("misses:"), misses(manifest))
    yield _line(message("state:"), state(recording))
    if manifest.let_go:
        yield _line(message("removed:"), let_go(manifest))
    yield _line(message("recorded:"), _recorded(recording, found))
    if manifest.watched:
        yield _line(message("watched:"), watched(manifest.watched))
    else:
        status = localized(message(" (exit status {status})", status=exit_status(manifest)))
        command = _cut(
            harmless(localized(command_line(manifest.command))), width - LABEL - cells(status)
        )
        yield _line(message("command:"), f"{command}{status}")
    if manifest.other_attempts:
        yield _line(message("not kept:"), other_attempts(manifest))
    yield from _checks(recording, found)


def _processes(recording: Recording, found: Digest, width: int) -> Iterator[str]:
    """Yield a table of the processes, where there are several: those with most calls."""
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
    """Yield a table of the fds with most calls, where they were observed."""
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


def _line(label: str, text: str) -> str:
    return f"{padded(localized(label), LABEL)}{harmless(localized(text))}"


def _recorded(recording: Recording, found: Digest) -> str:
    manifest, truth = recording.manifest, recording.truth
    return message(
        "{calls:,} calls ({unfinished} unfinished), {steps:,} steps, {phases} phases; "
        "detail {detail}, loader {loader}, {started_at}",
        calls=found.totals.calls,
        unfinished=found.totals.unfinished,
        steps=len(recording.steps.records),
        phases=len(truth.phases) if truth else 0,
        detail=manifest.detail,
        loader=manifest.loader,
        started_at=manifest.started_at,
    )


def _cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` characters: a spec on a command line is long."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _checks(recording: Recording, found: Digest) -> Iterator[str]:
    if found.gaps:
        yield from _problems(message("records:"), found.gaps, "")
    ledger = found.ledger
    good = message(
        "{insertions:,} insertions, {removals:,} removals, balanced",
        insertions=ledger.insertions,
        removals=ledger.removals,
    )
    if ledger.unchecked:
        good = message("not checked: {why}", why=ledger.unchecked)
    yield from _problems(message("ledger:"), ledger.problems, good)
    known = message("agrees with the trace")
    said = (
        known if recording.truth else message("none; the command was not one of tracer's workloads")
    )
    yield from _problems(message("truth:"), Problems.plain(found.untrue), said)
    if recording.manifest.detail == "steps":
        yield from _problems(
            message("counters:"), found.disagreeing, message("agree with the steps")
        )


def _problems(label: str, problems: Problems, good: str) -> Iterator[str]:
    count = len(problems)
    yield _line(label, message("{number} problems", number=count) if problems else good)
    yield from (f"  {harmless(localized(problem))}" for problem in list(problems)[:SHOWN])
    if count > SHOWN:
        yield f"  {localized(message('and {number} more', number=count - SHOWN))}"


def _labels(recording: Recording, rows: pd.DataFrame) -> list[tuple[str, str]]:
    names = phase_names(recording)
    pairs = zip(rows["phase"].tolist(), rows["family"].tolist(), strict=True)
    return [(f"{number} {localized(names.get(number, '?'))}", family) for number, family in pairs]


def _counts(recording: Recording, rows: pd.DataFrame, title: str, width: int) -> Iterator[str]:
    """Yield the table of ``title``; columns that no row has a number in are left out."""
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
