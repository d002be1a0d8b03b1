"""Calls and steps as Arrow tables, and these as Parquet and CSV files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from typing import IO, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from analysis.export.columns import CALLS, STEPS, Column
from analysis.export.records import exported_calls, exported_steps
from analysis.export.text import storable
from analysis.frames import Trace

SCHEMA: Final = 1
"""Of the files' columns; it goes up when one of them changes its meaning or goes."""

METADATA_KEY: Final = "tracer"

RUN: Final = r"^[=+\-@\t\r]"
"""What a text begins with that a spreadsheet takes for a formula."""


def calls_table(trace: Trace) -> pa.Table:
    """Return the calls of ``trace``, one row each, in order of return; columns as in CALLS.

    Each field carries its ``unit`` and ``meaning``; the table carries, under the key
    METADATA_KEY, the same as JSON with the kernel and what was lost. pandas gets its own types
    back.
    """
    return _table(exported_calls(trace), CALLS, trace)


def steps_table(trace: Trace) -> pa.Table:
    """Return the steps of ``trace``, one row each, in ring order; columns as in STEPS."""
    return _table(exported_steps(trace), STEPS, trace)


def _table(frame: pd.DataFrame, columns: tuple[Column, ...], trace: Trace) -> pa.Table:
    fields = [
        pa.field(
            each.name,
            pa.type_for_alias(each.type),
            metadata={"unit": each.unit, "meaning": each.meaning},
        )
        for each in columns
    ]
    table = pa.Table.from_pandas(frame, schema=pa.schema(fields), preserve_index=False)
    own = {METADATA_KEY: json.dumps(_about(columns, trace))}
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **own})


def write_parquet(tables: Iterable[pa.Table], file: IO[bytes]) -> None:
    """Write ``tables``, at least one, with Snappy, which every reader has; a row group for each."""
    rest = iter(tables)
    first = next(rest)
    with pa_parquet.ParquetWriter(file, first.schema, compression="snappy") as writer:
        for table in chain([first], rest):
            writer.write_table(table)


def write_csv(tables: Iterable[pa.Table], file: IO[bytes]) -> None:
    """Write ``tables`` under one header; null is an empty field, an address is hex: 0xffff...

    Text that a spreadsheet would run as a formula has an apostrophe before it.
    """
    for number, table in enumerate(tables):
        options = pa_csv.WriteOptions(include_header=number == 0)
        pa_csv.write_csv(_for_spreadsheets(table), file, options)


def _for_spreadsheets(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        if field.type == pa.uint64():
            table = table.set_column(place, field.name, _hex(table.column(place)))
        elif field.type == pa.string():
            table = table.set_column(place, field.name, _not_run(table.column(place)))
    return table


def _not_run(column: pa.ChunkedArray) -> pa.ChunkedArray:
    r"""Return texts of which none begins as a formula does: = + - @, a tab, CR."""
    formula = pc.match_substring_regex(column, RUN)
    return pc.if_else(formula, pc.binary_join_element_wise("'", column, ""), column)


def _hex(column: pa.ChunkedArray) -> pa.Array:
    """Return addresses as text: as numbers many readers of CSV would make floats of them."""
    texts = [None if value is None else f"{value:#x}" for value in column.to_pylist()]
    return pa.array(texts, pa.string())


def _about(columns: tuple[Column, ...], trace: Trace) -> dict[str, Any]:
    manifest = trace.manifest
    return {
        "schema": SCHEMA,
        "trace": storable(trace.path.name),
        "release": storable(manifest.release),
        "detail": manifest.detail,
        "state": manifest.state,
        "losses": manifest.losses,
        "misses": manifest.missed,
        "columns": {each.name: {"unit": each.unit, "meaning": each.meaning} for each in columns},
    }
