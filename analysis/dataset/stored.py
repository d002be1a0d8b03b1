"""The part of a trace in the report of a fleet as one row of Parquet, and back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from analysis.export.text import storable
from analysis.fleet.fleet import Fleet
from analysis.fleet.row import Amount, Doubts, OneTrace, Row
from analysis.trace.strictjson import converted
from analysis.windows.distribution import Distribution
from analysis.windows.totals import SUMMED, Total
from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.records import Unseen

APPEND_AGAIN: Final = message("append the trace again")


def _integers(*names: str) -> pa.StructType:
    return pa.struct([(name, pa.int64()) for name in names])


_AMOUNT: Final = _integers(*Amount.__dataclass_fields__)
_COUNTED: Final = pa.struct([("name", pa.string()), ("count", pa.int64())])
_TIME: Final = pa.struct([
    ("name", pa.string()), ("values", pa.list_(pa.int64())), ("counts", pa.list_(pa.int64())),
    ("rounded", pa.bool_()), ("total", pa.int64()), ("least", pa.int64()), ("most", pa.int64()),
])  # fmt: skip
_SUM: Final = pa.struct([("name", pa.string()), ("sum", pa.int64()), ("known", pa.int64())])
_FAMILY: Final = pa.struct([
    ("name", pa.string()), ("calls", pa.int64()), ("unfinished", pa.int64()),
    ("slept", pa.int64()), ("sums", pa.list_(_SUM)), ("times", pa.list_(_TIME)),
    ("unseen", pa.list_(_integers("what", "count"))),
])  # fmt: skip
SCHEMA: Final = pa.schema([
    ("id", pa.string()), ("name", pa.string()), ("host", pa.string()), ("release", pa.string()),
    ("where", pa.string()), ("detail", pa.string()), ("started_at", pa.string()),
    ("recorded_ns", pa.int64()), ("records", pa.int64()), ("amount", _AMOUNT),
    ("programs", pa.list_(pa.struct([("name", pa.string()), ("amount", _AMOUNT)]))),
    ("findings", pa.list_(_COUNTED)), ("judged", pa.list_(pa.string())),
    ("doubts", pa.struct([("state", pa.string()), *(
        (name, pa.int64()) for name in Doubts.__dataclass_fields__ if name != "state"
    )])),
    ("families", pa.list_(_FAMILY)), ("rows", pa.list_(_COUNTED)), ("manifest", pa.string()),
])  # fmt: skip
"""The columns of ``trace.parquet``; ``rows`` has the number of rows of each of the other files."""


@dataclass(frozen=True)
class _Program:
    name: str
    amount: Amount


@dataclass(frozen=True)
class _Counted:
    name: str
    count: int


@dataclass(frozen=True)
class _Sum:
    name: str
    sum: int
    known: int


@dataclass(frozen=True)
class _Time:
    name: str
    values: list[int]
    counts: list[int]
    rounded: bool
    total: int
    least: int
    most: int


@dataclass(frozen=True)
class _Unseen:
    what: Unseen
    count: int


@dataclass(frozen=True)
class _Family:
    name: str
    calls: int
    unfinished: int
    slept: int | None
    sums: list[_Sum]
    times: list[_Time]
    unseen: list[_Unseen]


@dataclass(frozen=True)
class _Stored(OneTrace):
    programs: list[_Program]
    findings: list[_Counted]
    judged: list[str]
    doubts: Doubts
    families: list[_Family]
    rows: list[_Counted]


def to_table(fleet: Fleet, rows: dict[str, int], manifest: str) -> pa.Table:
    """Return ``fleet``, which is one trace, as a table of one row.

    ``rows`` has the rows of its other tables, ``manifest`` is the text of its manifest. TraceError:
    sums that exceed 63 bits, which no recorder counted.
    """
    (row,) = fleet.rows
    found = asdict(row) | {
        "name": storable(row.name),
        "programs": [
            {"name": storable(name), "amount": asdict(amount)}
            for name, amount in row.programs.items()
        ],
        "findings": _counted(row.findings),
        "families": [_of_family(name, total) for name, total in fleet.families.items()],
        "rows": _counted(rows),
        "manifest": manifest,
    }
    try:
        return pa.Table.from_pylist([found], schema=SCHEMA)
    except (OverflowError, pa.ArrowInvalid) as error:
        problem = message(
            "{trace}: {why}: no recorder counted that", trace=row.name, why=str(error)
        )
        raise TraceError(problem) from error


def _counted(counts: Any) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in counts.items()]


def _of_family(name: str, total: Total) -> dict[str, Any]:
    sums = zip(SUMMED, total.sums.tolist(), total.known.tolist(), strict=True)
    return {
        "name": name,
        "calls": total.calls,
        "unfinished": total.unfinished,
        "slept": total.slept,
        "sums": [{"name": column, "sum": each, "known": known} for column, each, known in sums],
        "times": [{"name": column, **_of_time(each)} for column, each in total.times.items()],
        "unseen": [{"what": int(what), "count": each} for what, each in total.unseen.items()],
    }


def _of_time(each: Distribution) -> dict[str, Any]:
    return vars(each) | {"values": each.values.tolist(), "counts": each.counts.tolist()}


def from_table(path: Path, table: pa.Table) -> tuple[Fleet, dict[str, int]]:
    """Return the fleet in ``table``, which was read from ``path``, and the rows of other tables.

    TraceError: ``to_table`` did not make it.
    """
    rows = table.slice(0, 2).to_pylist()
    if len(rows) != 1:
        raise TraceError(
            message(
                "{path}: {rows} rows; needed one: {remedy}",
                path=path,
                rows=len(rows),
                remedy=APPEND_AGAIN,
            )
        )
    found = converted(path, rows[0], _Stored)
    row = Row(
        **{name: getattr(found, name) for name in OneTrace.__dataclass_fields__},
        judged=tuple(found.judged),
        doubts=found.doubts,
        programs={each.name: each.amount for each in found.programs},
        findings={each.name: each.count for each in found.findings},
    )
    families = {each.name: _total(path, each) for each in found.families}
    return Fleet(rows=(row,), families=families), {each.name: each.count for each in found.rows}


def _total(path: Path, family: _Family) -> Total:
    sums = {each.name: each for each in family.sums}
    none = _Sum("", 0, 0)
    both = [sums.get(column, none) for column in SUMMED]
    if not all(each.values and len(each.values) == len(each.counts) for each in family.times):
        raise TraceError(
            message(
                "{path}: times of {family} without their counts: {remedy}",
                path=path,
                family=family.name,
                remedy=APPEND_AGAIN,
            )
        )
    return Total(
        calls=family.calls,
        unfinished=family.unfinished,
        slept=family.slept,
        sums=np.array([each.sum for each in both], np.int64),
        known=np.array([each.known for each in both], np.int64),
        times={each.name: _distribution(each) for each in family.times},
        unseen={each.what: each.count for each in family.unseen},
    )


def _distribution(each: _Time) -> Distribution:
    values, counts = np.array(each.values, np.int64), np.array(each.counts, np.int64)
    return Distribution(values, counts, each.rounded, each.total, each.least, each.most)
