"""A trace to read in a terminal: what was lost first, then what was seen, then what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from analysis.agreement import agreement
from analysis.frames import Trace
from analysis.ledger import balance
from analysis.metrics import summary
from analysis.recorded import absent, exit_status, losses, misses, phase_names, state
from analysis.tables import MISSING, harmless, table, terminal_width
from analysis.trust import disagreements

NS_PER_US: Final = 1000
SHOWN: Final = 10
"""Problems of one kind that are written out; the rest is counted."""

TABLES: Final = {
    "Looks and entries": ("calls", "passes", "fd_polls", "insertions", "removals"),
    "Callbacks and copies": ("callbacks", "notified", "bytes_in", "bytes_out"),
    "Sleep": ("slept", "sleeps", "sleep_calls", "preemptions", "wakeups"),
}
"""Sums over the calls of all traced tasks, a workload's waker too; ``slept`` counts calls."""

TIMES: Final = (
    "kernel_ns_median", "kernel_ns_mean", "off_cpu_ns_median", "off_cpu_ns_mean", "wall_ns_median",
)  # fmt: skip


def report(trace: Trace, width: int | None = None) -> str:
    """Return the report on ``trace`` as text; ``width`` is the terminal's by default."""
    columns = width or terminal_width()
    rows = summary(trace.calls)
    parts = [harmless("\n".join(_head(trace, columns)))]
    if rows.empty:
        parts.append("No traced system calls.")
    else:
        parts += [_counts(trace, rows, title, columns) for title in TABLES]
        parts.append(_times(trace, rows, columns))
    lacks = absent(trace, _families(trace))
    for title, lines in zip(
        (f"Missing ({MISSING}), not zero:", "Not attached:"), lacks, strict=True
    ):
        if lines:
            parts.append("\n  ".join([title, *lines]))
    return "\n\n".join(parts) + "\n"


def to_json(trace: Trace) -> dict[str, Any]:
    """Return what ``report`` shows as a JSON object; a missing number is null.

    ``rows`` are those of ``analysis.metrics.summary`` with ``phase_name``, in its units.
    """
    manifest, ledger = trace.manifest, balance(trace)
    rows = summary(trace.calls)
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
        "misses": manifest.misses,
        "truncated_bytes": trace.truncated_bytes,
        "ledger": {"unchecked": ledger.unchecked, "problems": list(ledger.problems)},
        "disagreements": [*disagreements(trace), *agreement(trace)],
        "rows": json.loads(rows.to_json(orient="records", double_precision=6)),
        "missing": missing,
        "not_attached": not_attached,
    }


def _head(trace: Trace, width: int) -> Iterator[str]:
    manifest = trace.manifest
    yield f"{trace.path.name}: {manifest.release} {manifest.architecture} ({manifest.where})"
    yield f"losses:   {losses(manifest)}"
    yield f"misses:   {misses(manifest)}"
    yield f"state:    {state(trace)}"
    yield f"recorded: {_recorded(trace)}"
    status = f" (exit status {exit_status(manifest)})"
    yield f"command:  {_cut(' '.join(manifest.command), width - 10 - len(status))}{status}"
    yield from _checks(trace)


def _recorded(trace: Trace) -> str:
    manifest, calls = trace.manifest, trace.calls
    unfinished = int(calls["unfinished"].sum())
    phases = len(trace.truth.phases) if trace.truth else 0
    return (
        f"{len(calls):,} calls ({unfinished} unfinished), {len(trace.steps):,} steps, {phases} "
        f"phases; detail {manifest.detail}, loader {manifest.loader}, {manifest.started_at}"
    )


def _cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` characters: a spec on a command line is long."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _checks(trace: Trace) -> Iterator[str]:
    ledger = balance(trace)
    balanced = f"{ledger.insertions:,} insertions, {ledger.removals:,} removals, balanced"
    good = ledger.unchecked and f"not checked: {ledger.unchecked}"
    yield from _problems("ledger", list(ledger.problems), good or balanced)
    said = "agrees with the trace" if trace.truth else "none, the command was no workload of ours"
    yield from _problems("truth", disagreements(trace), said)
    if trace.manifest.detail == "steps":
        yield from _problems("counters", agreement(trace), "agree with the steps")


def _problems(name: str, problems: list[str], good: str) -> Iterator[str]:
    label = f"{name}:".ljust(10)
    yield f"{label}{len(problems)} problems" if problems else f"{label}{good}"
    yield from (f"  {problem}" for problem in problems[:SHOWN])
    if len(problems) > SHOWN:
        yield f"  and {len(problems) - SHOWN} more"


def _labels(trace: Trace, rows: pd.DataFrame) -> list[tuple[str, str]]:
    names = phase_names(trace)
    pairs = zip(rows["phase"].tolist(), rows["family"].tolist(), strict=True)
    return [(f"{number} {names.get(number, '?')}", family) for number, family in pairs]


def _counts(trace: Trace, rows: pd.DataFrame, title: str, width: int) -> str:
    columns = TABLES[title]
    numbers = zip(*(rows[column].tolist() for column in columns), strict=True)
    cells = [(*label, *row) for label, row in zip(_labels(trace, rows), numbers, strict=True)]
    headers = ["phase", "family", *(column.replace("_", "\n") for column in columns)]
    return f"{title}, all traced tasks\n{table(headers, cells, width, words=2)}"


def _times(trace: Trace, rows: pd.DataFrame, width: int) -> str:
    numbers = zip(*((rows[column] / NS_PER_US).tolist() for column in TIMES), strict=True)
    cells = [(*label, *row) for label, row in zip(_labels(trace, rows), numbers, strict=True)]
    headers = ["phase", "family", *(column.replace("_ns_", "\n") for column in TIMES)]
    return f"Time per call, µs, all traced tasks\n{table(headers, cells, width, words=2)}"


def _families(trace: Trace) -> list[str]:
    return sorted(set(trace.calls["family"]))
