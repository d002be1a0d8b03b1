"""What a report must never say, whatever the trace: numbers that no recording can have."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from analysis.frames import Trace
from analysis.trace.recordcheck import Bounds

_NOT_FINITE: Final = re.compile(r"(?<![\w.-])-?(nan|inf|infinity)(?![\w-])", re.IGNORECASE)
_NEGATIVE_TIME: Final = re.compile(r"(?<![\w.-])-[\d,.]+ ?(ns|µs|ms|s)\b")
_PERCENT: Final = re.compile(r"(-?[\d,.]+) ?%")
COUNTS: Final = (
    "calls", "unfinished", "slept", "fd_polls", "passes", "insertions", "removals", "callbacks",
    "notified", "sleeps", "sleep_calls", "preemptions", "wakeups", "bytes_in", "bytes_out",
)  # fmt: skip


def in_text(text: str) -> Iterator[str]:
    """Yield what is absurd in a text for people."""
    for pattern in (_NOT_FINITE, _NEGATIVE_TIME):
        if found := pattern.search(text):
            yield f"{found[0]!r} in a text"
    for found in _PERCENT.finditer(text):
        if float(found[1].replace(",", "")) < 0:
            yield f"{found[0]!r} in a text"


def in_report(found: Mapping[str, Any], trace: Trace) -> Iterator[str]:
    """Yield what is absurd in the JSON of a report."""
    length_ns = _length(trace)
    for row in found["rows"]:
        for name in COUNTS:
            value = row[name]
            if value is not None and value < 0:
                yield f"{name} {value}"
        if not 0 <= row["unfinished"] <= row["calls"] <= len(trace.calls):
            yield f"{row['unfinished']} of {row['calls']} unfinished, of {len(trace.calls)}"
        if row["slept"] is not None and row["slept"] > row["calls"]:
            yield f"{row['slept']} slept of {row['calls']}"
        for name, value in row.items():
            if "_ns" in name and value is not None and not 0 <= value <= length_ns:
                yield f"{name} {value} of {length_ns}"
    if sum(row["calls"] for row in found["rows"]) != len(trace.calls):
        yield "calls are not the sum of their rows"


def in_spreads(found: Any) -> Iterator[str]:
    """Yield what is absurd in the JSON of a comparison, at any depth."""
    if isinstance(found, dict):
        if {"least", "median", "most"} <= found.keys():
            order = [found[key] for key in ("least", "lower", "median", "upper", "most")]
            if order != sorted(order) or order[0] < 0 or not all(map(math.isfinite, order)):
                yield f"spread {order}"
            if not order[0] <= found["mean"] * (1 + 1e-9) or found["mean"] > order[-1] * (1 + 1e-9):
                yield f"mean {found['mean']} of {order}"
        for each in found.values():
            yield from in_spreads(each)
    elif isinstance(found, list):
        for each in found:
            yield from in_spreads(each)


def in_csv(directory: Path, trace: Trace) -> Iterator[str]:
    """Yield what is absurd in exported tables: as many rows as records, times of the recording."""
    bounds = Bounds.of(trace.manifest)
    for name, frame in (("calls", trace.calls), ("steps", trace.steps)):
        with (directory / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        if len(rows) != len(frame):
            yield f"{len(rows)} rows of {len(frame)} {name}"
        for row in rows:
            for column in ("enter_ns", "exit_ns", "ts_ns"):
                if row.get(column) and not bounds.started_ns <= int(row[column]) <= bounds.ended_ns:
                    yield f"{name}: {column} {row[column]}"
            for column in ("wall_ns", "kernel_ns", "off_cpu_ns"):
                if row.get(column) and not 0 <= int(row[column]) <= _length(trace):
                    yield f"{name}: {column} {row[column]}"


def in_verdicts(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is absurd in verdicts: evidence that is not a number, or negative."""
    for kernel in found["kernels"]:
        for claim in kernel["claims"]:
            yield from in_text(claim["finding"])
            for each in claim["evidence"]:
                value = each["value"]
                if value is not None and not math.isfinite(value):
                    yield f"{claim['id']}: {each['metric']} is {value}"
                if value is not None and value < 0 and each["unit"] in ("ns", "bytes", "calls"):
                    yield f"{claim['id']}: {each['metric']} is {value} {each['unit']}"


def finite_json(text: str) -> Any:
    """Return the value of ``text``; ValueError if it contains NaN or infinity."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} in JSON")

    return json.loads(text, parse_constant=refuse)


def _length(trace: Trace) -> int:
    bounds = Bounds.of(trace.manifest)
    return bounds.ended_ns - bounds.started_ns
