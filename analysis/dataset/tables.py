"""The tables of a partition: calls, steps, tasks and fds, a row group at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from itertools import chain
from typing import IO, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from analysis.dataset.layout import METADATA_KEY, SCHEMA
from analysis.export.arrow import calls_table, parquet_writer, steps_table
from analysis.export.columns import CALLS, STEPS
from analysis.export.part import Part, parts_of
from analysis.export.text import storable
from analysis.tasks import tasks_frame
from analysis.windows.ahead import ahead
from analysis.windows.recording import WINDOW, Recording

PLACE: Final = pa.field(
    "place",
    pa.int64(),
    nullable=False,
    metadata={
        "unit": "",
        "meaning": "which record of the trace it is, from 0; those let go of (--max-size) count",
    },
)
TIMES: Final = {"calls": "exit_ns", "steps": "ts_ns", "tasks": "start_ns", "fds": "at_ns"}
"""The columns by which a row group is sorted; calls without an end come last."""

RECORDED: Final = {"calls": CALLS, "steps": STEPS}
_TASKS: Final = pa.schema([
    ("tid", pa.int64()), ("pid", pa.int64()), ("comm", pa.string()), ("parent_tid", pa.int64()),
    ("own_tid", pa.int64()), ("own_ns", pa.int64()), ("cgroup", pa.int64()),
    ("start_ns", pa.int64()), ("end_ns", pa.int64()), ("lost", pa.bool_()),
])  # fmt: skip
_FDS: Final = pa.schema([
    ("at_ns", pa.int64()), ("pid", pa.int64()), ("fd", pa.int64()), ("kind", pa.string()),
    ("took_ns", pa.int64()), ("text", pa.string()), ("inode", pa.uint64()),
    ("peer_inode", pa.uint64()), ("local", pa.string()), ("peer", pa.string()),
    ("state", pa.string()), ("watches", pa.list_(pa.int64())),
])  # fmt: skip

Done = Callable[[int], None]


@cache
def column_types(name: str) -> Mapping[str, pa.DataType]:
    """Return the types of the columns of the table ``name``, as its readers get them."""
    if name in RECORDED:
        types = {each.name: pa.type_for_alias(each.type) for each in RECORDED[name]}
        return types | {PLACE.name: PLACE.type}
    schema = {"tasks": _TASKS, "fds": _FDS}[name]
    return dict(zip(schema.names, schema.types, strict=True))


def write_table(recording: Recording, name: str, file: IO[bytes], done: Done) -> int:
    """Write the table ``name`` of ``recording``; return its rows; ``done`` gets the rows so far."""
    groups = ahead(_sorted(each, TIMES[name]) for each in _groups(recording, name))
    first = next(groups)
    by = [pa_parquet.SortingColumn(first.schema.get_field_index(TIMES[name]))]
    rows = 0
    with parquet_writer(
        file, first.schema, compression="zstd", sorting_columns=by, write_page_checksum=True
    ) as writer:
        for group in chain([first], groups):
            writer.write_table(group, row_group_size=max(1, len(group)))
            rows += len(group)
            done(rows)
    return rows


def marked(table: pa.Table) -> pa.Table:
    """Return ``table`` with the schema of the dataset in its metadata."""
    own = {METADATA_KEY: json.dumps({"schema": SCHEMA})}
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **own})


def _groups(recording: Recording, name: str) -> Iterator[pa.Table]:
    if name == "calls":
        yield from _placed(recording, "calls", calls_table)
    elif name == "steps":
        yield from _placed(recording, "steps", steps_table)
    elif name == "tasks":
        frame = tasks_frame(recording.tasks.records)
        frame["comm"] = frame["comm"].map(storable)
        yield marked(pa.Table.from_pandas(frame, schema=_TASKS, preserve_index=False))
    else:
        rows = [_seen(asdict(each)) for each in recording.fds.seen]
        yield marked(pa.Table.from_pylist(rows, schema=_FDS))


def _seen(row: dict[str, Any]) -> dict[str, Any]:
    return {key: storable(value) if isinstance(value, str) else value for key, value in row.items()}


def _placed(
    recording: Recording, of: Literal["calls", "steps"], table_of: Callable[[Part], pa.Table]
) -> Iterator[pa.Table]:
    first = (recording.calls if of == "calls" else recording.steps).let_go
    for part in parts_of(recording, recording.windows_of(of, WINDOW)):
        table = table_of(part)
        places = pa.array(np.arange(first, first + len(table)))
        first += len(table)
        yield marked(table.append_column(PLACE, places))


def _sorted(table: pa.Table, by: str) -> pa.Table:
    """Return ``table`` sorted by its column ``by``, null last; mostly it is sorted already."""
    column = table[by]
    if (
        not column.null_count
        and pc.all(pc.less_equal(column[:-1], column[1:])).as_py() is not False
    ):
        return table
    return table.sort_by([(by, "ascending")])
