"""A trace to read in a terminal: what was lost first, then what was seen, then what is missing."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import pandas as pd

from analysis import unseen
from analysis.agreement import agreement
from analysis.continuity import gaps
from analysis.fdtable import busiest_fds, how_known
from analysis.frames import Trace
from analysis.ledger import balance
from analysis.metrics import summary
from analysis.recorded import (
    WHERE,
    absent,
    exit_status,
    losses,
    misses,
    other_attempts,
    phase_names,
    state,
    watched,
)
from analysis.tables import MISSING, harmless, table, terminal_width
from analysis.tasks import processes
from analysis.trust import disagreements
from analysis.windows.totals import totals_of
from tracer.shared.message import localized, message, message_n
from tracer.shared.visible import visible
from tracer.shared.wrapping import cells, padded

NS_PER_US: Final = 1000
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


def report(trace: Trace, width: int | None = None) -> str:
    """Return the report on ``trace`` as text; ``width`` is the terminal's by default."""
    columns = width or terminal_width()
    rows = summary(totals_of(trace.recording))
    parts = ["\n".join(_head(trace, columns)), *_processes(trace, columns)]
    parts += _fds(trace, columns)
    if rows.empty:
        parts.append(localized("No traced system calls."))
    else:
        parts += [_counts(trace, rows, title, columns) for title in TABLES]
        parts.append(_times(trace, rows, columns))
    lacks = absent(trace, _families(trace))
    titles = (
        message("Missing ({dash}), not zero:", dash=MISSING),
        message("Not attached:"),
        message("Missing in single calls, and left out of sums and medians:"),
    )
    for title, lines in zip(
        titles, (*lacks, unseen.told(trace.calls, trace.manifest.plan)), strict=True
    ):
        if lines:
            parts.append("\n  ".join(harmless(localized(line)) for line in (title, *lines)))
    return "\n\n".join(parts) + "\n"


def to_json(trace: Trace) -> dict[str, Any]:
    """Return what ``report`` shows as a JSON object; a missing number is null.

    ``rows`` are those of ``analysis.metrics.summary`` with ``phase_name``, in its units.
    """
    manifest, ledger = trace.manifest, balance(trace)
    rows = summary(totals_of(trace.recording))
    names = phase_names(trace)
    missing, not_attached = absent(trace, _families(trace))
    rows.insert(1, "phase_name", [names.get(number, "?") for number in rows["phase"].tolist()])
    return {
        "schema": 1,
        "trace": trace.path.name,
        "release": manifest.release,
        "where": manifest.where,
        "detail": manifest.detail,
        "state": manifest.state,
        "losses": manifest.losses,
        "misses": manifest.missed,
        "so_far": asdict(manifest.so_far) if manifest.so_far else None,
        "truncated_bytes": trace.truncated_bytes,
        "ledger": {"unchecked": ledger.unchecked, "problems": list(ledger.problems)},
        "disagreements": [*disagreements(trace), *agreement(trace)],
        "processes": json.loads(processes(trace.tasks, trace.calls).to_json(orient="records")),
        "fds": json.loads(busiest_fds(trace, MOST_FDS).to_json(orient="records")),
        "fd_names": manifest.fd_names,
        "rows": json.loads(rows.to_json(orient="records", double_precision=6)),
        "missing": missing,
        "not_attached": not_attached,
        "missing_in_calls": unseen.told(trace.calls, trace.manifest.plan),
    }


def _head(trace: Trace, width: int) -> Iterator[str]:
    manifest = trace.manifest
    where = localized(WHERE.get(manifest.where, manifest.where))
    kernel = visible(f"{manifest.release} {manifest.architecture}")
    yield f"{visible(trace.path.name)}: {kernel} ({where})"
    yield _line(message("losses:"), losses(manifest))
    yield _line(message("misses:"), misses(manifest))
    yield _line(message("state:"), state(trace))
    yield _line(message("recorded:"), _recorded(trace))
    if manifest.watched:
        yield _line(message("watched:"), watched(manifest.watched))
    else:
        status = localized(message(" (exit status {status})", status=exit_status(manifest)))
        command = _cut(visible(" ".join(manifest.command)), width - LABEL - cells(status))
        yield _line(message("command:"), f"{command}{status}")
    if manifest.other_attempts:
        yield _line(message("not kept:"), other_attempts(manifest))
    yield from _checks(trace)


def _processes(trace: Trace, width: int) -> Iterator[str]:
    """Yield a table of the processes, where there are several: those with most calls."""
    found = processes(trace.tasks, trace.calls)
    if len(found) < 2:
        return
    headers = (
        message("name"),
        "pid",
        message("in its namespace"),
        message("threads"),
        message("calls"),
    )
    rows = [_process(row) for row in found.head(SHOWN).to_dict("records")]
    title = message_n(
        "{count:,} process, those with most calls first",
        "{count:,} processes, those with most calls first",
        count=len(found),
    )
    yield localized(title) + "\n" + table(headers, rows, width, 1)


def _process(row: Mapping[Hashable, Any]) -> tuple[object, ...]:
    pid, own = int(row["pid"]), row["own_pid"]
    elsewhere = "" if own is pd.NA or own == pid else str(own)
    return row["comm"], str(pid), elsewhere, int(row["threads"]), int(row["calls"])


def _fds(trace: Trace, width: int) -> Iterator[str]:
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
    title = message("The fds with most calls ({known})", known=how_known(trace))
    yield localized(title) + "\n" + table(headers, rows, width, 2)


def _line(label: str, text: str) -> str:
    return f"{padded(localized(label), LABEL)}{harmless(localized(text))}"


def _recorded(trace: Trace) -> str:
    manifest, calls = trace.manifest, trace.calls
    return message(
        "{calls:,} calls ({unfinished} unfinished), {steps:,} steps, {phases} phases; "
        "detail {detail}, loader {loader}, {started_at}",
        calls=len(calls),
        unfinished=int(calls["unfinished"].sum()),
        steps=len(trace.steps),
        phases=len(trace.truth.phases) if trace.truth else 0,
        detail=manifest.detail,
        loader=manifest.loader,
        started_at=manifest.started_at,
    )


def _cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` characters: a spec on a command line is long."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _checks(trace: Trace) -> Iterator[str]:
    if missing := gaps(trace):
        yield from _problems(message("records:"), missing, "")
    ledger = balance(trace)
    good = message(
        "{insertions:,} insertions, {removals:,} removals, balanced",
        insertions=ledger.insertions,
        removals=ledger.removals,
    )
    if ledger.unchecked:
        good = message("not checked: {why}", why=ledger.unchecked)
    yield from _problems(message("ledger:"), ledger.problems, good)
    known = message("agrees with the trace")
    said = known if trace.truth else message("none, the command was no workload of ours")
    yield from _problems(message("truth:"), disagreements(trace), said)
    if trace.manifest.detail == "steps":
        yield from _problems(
            message("counters:"), agreement(trace), message("agree with the steps")
        )


def _problems(label: str, problems: Sequence[str], good: str) -> Iterator[str]:
    yield _line(label, message("{number} problems", number=len(problems)) if problems else good)
    yield from (f"  {harmless(localized(problem))}" for problem in problems[:SHOWN])
    if len(problems) > SHOWN:
        yield f"  {localized(message('and {number} more', number=len(problems) - SHOWN))}"


def _labels(trace: Trace, rows: pd.DataFrame) -> list[tuple[str, str]]:
    names = phase_names(trace)
    pairs = zip(rows["phase"].tolist(), rows["family"].tolist(), strict=True)
    return [(f"{number} {localized(names.get(number, '?'))}", family) for number, family in pairs]


def _counts(trace: Trace, rows: pd.DataFrame, title: str, width: int) -> str:
    columns = TABLES[title]
    numbers = zip(*(rows[column].tolist() for column in columns), strict=True)
    filled = [(*label, *row) for label, row in zip(_labels(trace, rows), numbers, strict=True)]
    headers = [
        message("phase"),
        message("family"),
        *(column.replace("_", "\n") for column in columns),
    ]
    heading = localized(message("{title}, all traced tasks", title=title))
    return f"{heading}\n{table(headers, filled, width, words=2)}"


def _times(trace: Trace, rows: pd.DataFrame, width: int) -> str:
    numbers = zip(*((rows[column] / NS_PER_US).tolist() for column in TIMES), strict=True)
    filled = [(*label, *row) for label, row in zip(_labels(trace, rows), numbers, strict=True)]
    headers = [
        message("phase"),
        message("family"),
        *(column.replace("_ns_", "\n") for column in TIMES),
    ]
    heading = localized("Time per call, µs, all traced tasks")
    return f"{heading}\n{table(headers, filled, width, words=2)}"


def _families(trace: Trace) -> list[str]:
    return sorted(set(trace.calls["family"]))
