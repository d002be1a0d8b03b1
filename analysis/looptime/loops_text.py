"""What loops do as tables for a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from analysis.looptime.loops import BY, HISTOGRAM, QUANTILES, loops
from analysis.terminal.tables import MISSING, cell, table
from analysis.windows.recording import Recorded
from tracer.shared.clock import NS_PER_MS, NS_PER_US
from tracer.shared.message import localized, message
from tracer.shared.wrapping import wrapped

MOST: Final = 20
"""Rows of a table."""
SHOWN: Final = (
    ("waits", "events", "events_per_wait", "empty", "timeout_0", "slept", "vain"),
    (
        "calls",
        "add",
        "del",
        "mod",
        "eagain",
        "requests",
        "bytes",
        "kernel_ms",
        "kernel_us_per_event",
        "kernel_us_per_request",
    ),
)
"""Columns of the tables of counts."""
REQUEST: Final = (
    "A request is a read that brought data from a connected TCP or unix socket; on a client's side "
    "it is an answer."
)
BARS: Final = "▁▂▃▄▅▆▇█"


def loops_tables(trace: Recorded, by: str, width: int) -> str:
    """Return ``loops`` as tables of at most MOST rows; columns that are all 0 are omitted."""
    found = loops(trace, by)
    shown, every = min(len(found), MOST), len(found)
    if by == "phase":
        title = message("By phase: {shown} of {all}", shown=shown, all=every)
    else:
        title = message(
            "By {by}: {shown} of {all}, most time in the kernel first",
            by=by,
            shown=shown,
            all=every,
        )
    found = found.head(MOST)
    found = (
        found.assign(
            kernel_ms=found["kernel_ns"].astype("Float64") / NS_PER_MS,
            kernel_us_per_event=found["kernel_ns_per_event"] / NS_PER_US,
            kernel_us_per_request=found["kernel_ns_per_request"] / NS_PER_US,
        )
        if len(found)
        else found
    )
    named = [each for each in BY[by] if each != "name" or any(found["name"])]
    tables = [_table(found, named, columns, width) for columns in SHOWN if len(found)]
    parts = [localized(title), *filter(None, tables), *_times(found, named, width)]
    if len(found) and (found["requests"] > 0).any():
        parts.append(wrapped(localized(REQUEST), width, "    "))
    if len(found) and found["requests"].isna().any():
        text = message(
            "Requests are missing ({dash}) where data was read from fds that may or may not be "
            "sockets.",
            dash=MISSING,
        )
        parts.append(wrapped(localized(text), width, "    "))
    return "\n\n".join(parts)


def loops_json(trace: Recorded, by: str) -> dict[str, Any]:
    """Return ``loops`` as a JSON object: times in ns, a missing number is null."""
    rows = loops(trace, by)
    histograms = rows[HISTOGRAM].tolist()
    plain = json.loads(rows.drop(columns=HISTOGRAM).to_json(orient="records"))
    for row in plain:
        if "name" in row:
            row["name"] = row["name"] or None
    return {
        "by": by,
        "rows": [
            row | {HISTOGRAM: [{"from_ns": 1 << n if n else 0, "calls": count}
                               for n, count in sorted(counts.items())]}
            for row, counts in zip(plain, histograms, strict=True)
        ],
    }  # fmt: skip


def _table(found: pd.DataFrame, named: Sequence[str], columns: Sequence[str], width: int) -> str:
    """Return a table of those of ``columns`` that have a number; "" if none has."""
    shown = [c for c in columns if (found[c].notna() & (found[c] != 0)).any()]
    if not shown:
        return ""
    rows = [
        (*_name(row, named), *(row[name] for name in shown))
        for row in found.astype(object).to_dict("records")
    ]
    headers = [*named, *(_heading(column) for column in shown)]
    return table(headers, rows, width, len(named))


def _heading(column: str) -> str:
    return column.replace("_us_", "_µs_").replace("_", "\n")


def _times(found: pd.DataFrame, named: Sequence[str], width: int) -> list[str]:
    """Return the table of calls' times in the kernel, with a bar for each power of two."""
    places = sorted({place for counts in found[HISTOGRAM] for place in counts})
    if not places:
        return []
    rows = [
        (
            *_name(row, named),
            *(row[name] / NS_PER_US if row[HISTOGRAM] else None for name in QUANTILES),
            _bars(row[HISTOGRAM], places[0], places[-1]),
        )
        for row in found.astype(object).to_dict("records")
    ]
    title = message(
        "Time of a call in the kernel, µs; one bar per power of two, {least} to {most}",
        least=cell((1 << places[0]) / NS_PER_US),
        most=cell((2 << places[-1]) / NS_PER_US),
    )
    headers = [*named, "p50", "p99", "max", message("calls")]
    return [f"{localized(title)}\n{table(headers, rows, width, len(named))}"]


def _bars(counts: Mapping[int, int], first: int, last: int) -> str:
    """Return a bar for each power of two; a space if it has no calls."""
    most = max(counts.values(), default=0)
    heights = [counts.get(place, 0) for place in range(first, last + 1)]
    return "".join(BARS[(count * len(BARS) - 1) // most] if count else " " for count in heights)


def _name(row: Mapping[Any, Any], named: Sequence[str]) -> tuple[str, ...]:
    worded = ("phase", "name")
    return tuple(localized(row[name]) if name in worded else str(row[name]) for name in named)
