"""Calls and steps as Arrow tables, and these as Parquet and CSV files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from analysis.export.columns import CALLS, STEPS, Column
from analysis.export.part import Part
from analysis.export.records import exported_calls, exported_steps
from analysis.export.text import storable
from analysis.export.values import NO_TEXT, Columns, Flags, Texts, Values
from analysis.windows.ahead import ahead
from analysis.windows.recording import Recording

SCHEMA: Final = 1
"""Schema of the files' columns; raised when a column changes its meaning or is removed."""

METADATA_KEY: Final = "tracer"

WORDS: Final = pa.dictionary(pa.int32(), pa.string())
"""The type of texts in tables; readers of a file get strings."""

ARROW_SCHEMA: Final = "ARROW:schema"
"""Arrow's key in a Parquet file for the types that its readers are to use."""

AT_ONCE: Final = 1 << 14
"""How many values of a column are encoded at a time."""

NULLABLE: Final = {"int64": "Int64", "uint64": "UInt64", "bool": "boolean", "string": "string"}
"""The nullable pandas types, by the type of a column."""

RUN: Final = r"^[=+\-@\t\r]"
"""First characters of a text that a spreadsheet takes for a formula."""


def calls_table(part: Part) -> pa.Table:
    """Return the calls of ``part``, one row each, in order of return; columns as in CALLS.

    Each field carries its ``unit`` and ``meaning``; the table carries, under the key METADATA_KEY,
    the same as JSON with the kernel and what was lost. pandas gets nullable types from it. Texts
    are dictionary-encoded; ``with_texts`` decodes them.
    """
    return _table(exported_calls(part), CALLS, part)


def steps_table(part: Part) -> pa.Table:
    """Return the steps of ``part``, one row each, in ring order; columns as in STEPS."""
    return _table(exported_steps(part), STEPS, part)


def with_texts(table: pa.Table) -> pa.Table:
    """Return ``table`` with plain texts in place of dictionaries."""
    return table.cast(_as_read(table.schema))


def _as_read(schema: pa.Schema) -> pa.Schema:
    for place, field in enumerate(schema):
        if pa.types.is_dictionary(field.type):
            schema = schema.set(place, field.with_type(field.type.value_type))
    return schema


def _table(values: Columns, columns: tuple[Column, ...], part: Part) -> pa.Table:
    own = {METADATA_KEY: json.dumps(_about(columns, part.recording))}
    schema = _schema(columns)
    arrays = [
        _array(values[each.name], field.type) for each, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema.with_metadata({**schema.metadata, **own}))


@cache
def _schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Return the fields of ``columns``, with the types that pandas is to use."""
    fields = [
        pa.field(
            each.name,
            pa.type_for_alias(each.type),
            nullable=not each.always,
            metadata={"unit": each.unit, "meaning": each.meaning},
        )
        for each in columns
    ]
    empty = pd.DataFrame({each.name: pd.Series([], dtype=NULLABLE[each.type]) for each in columns})
    schema = pa.Table.from_pandas(empty, schema=pa.schema(fields), preserve_index=False).schema
    for place, field in enumerate(fields):
        if field.type == pa.string():
            schema = schema.set(place, field.with_type(WORDS))
    return schema


def _array(column: Values, type_: pa.DataType) -> pa.Array:
    if isinstance(column, Texts):
        unknown = column.places == NO_TEXT
        places = _numbers(column.places.astype(np.int32), ~unknown if unknown.any() else None)
        return pa.DictionaryArray.from_arrays(places, pa.array(column.texts, pa.string()))
    if pa.types.is_boolean(type_):
        return pa.array(column.values, type_)
    return _numbers(column.values.astype(type_.to_pandas_dtype(), copy=False), column.known)


def _numbers(values: npt.NDArray[Any], known: Flags | None) -> pa.Array:
    """Return ``values`` without a copy; those that are not ``known`` are null."""
    there = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), len(values), [there, pa.py_buffer(values)]
    )


def write_parquet(tables: Iterable[pa.Table], file: IO[bytes]) -> None:
    """Write ``tables``, one or more, with Snappy, which every reader has; a row group per table."""
    rest = ahead(tables)
    first = next(rest)
    with parquet_writer(file, first.schema, compression="snappy") as writer:
        for table in chain([first], rest):
            writer.write_table(table)


def parquet_writer(file: IO[bytes], schema: pa.Schema, **options: Any) -> pa_parquet.ParquetWriter:
    """Return a writer of tables of ``schema``, whose readers get plain texts, not dictionaries.

    Numbers are delta-encoded: that takes the same time whether many or none are alike, while a
    dictionary of distinct ones takes ten times as long. Numbers have statistics: readers skip row
    groups by them, and DuckDB sorts numbers that it knows to be small in less memory. Texts have
    none: finding the least of them takes longer than storing them, and is of little use.
    """
    texts = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    numbers = [field.name for field in schema if pa.types.is_integer(field.type)]
    writer = pa_parquet.ParquetWriter(
        file,
        schema,
        use_dictionary=texts,
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        write_statistics=[name for name in schema.names if name not in texts],
        write_batch_size=AT_ONCE,
        store_schema=False,
        **options,
    )
    read = base64.b64encode(_as_read(schema).serialize().to_pybytes())
    writer.add_key_value_metadata({**(schema.metadata or {}), ARROW_SCHEMA: read})
    return writer


def write_csv(tables: Iterable[pa.Table], file: IO[bytes]) -> None:
    """Write ``tables`` under one header; null is an empty field, an address is hex: 0xffff...

    Text that a spreadsheet would run as a formula has an apostrophe before it.
    """
    for number, table in enumerate(tables):
        options = pa_csv.WriteOptions(include_header=number == 0)
        pa_csv.write_csv(_for_spreadsheets(with_texts(table)), file, options)


def _for_spreadsheets(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        if field.type == pa.uint64():
            table = table.set_column(place, field.name, _hex(table.column(place)))
        elif field.type == pa.string():
            table = table.set_column(place, field.name, _not_run(table.column(place)))
    return table


def _not_run(column: pa.ChunkedArray) -> pa.ChunkedArray:
    r"""Return the texts, none of which then begins like a formula: = + - @, a tab, CR."""
    formula = pc.match_substring_regex(column, RUN)
    return pc.if_else(formula, pc.binary_join_element_wise("'", column, ""), column)


def _hex(column: pa.ChunkedArray) -> pa.Array:
    """Return addresses as text: many readers of CSV would turn numbers into floats."""
    texts = [None if value is None else f"{value:#x}" for value in column.to_pylist()]
    return pa.array(texts, pa.string())


def _about(columns: tuple[Column, ...], recording: Recording) -> dict[str, Any]:
    manifest = recording.manifest
    return {
        "schema": SCHEMA,
        "trace": storable(recording.path.name),
        "release": storable(manifest.release),
        "detail": manifest.detail,
        "state": manifest.state,
        "losses": manifest.losses,
        "misses": manifest.missed,
        "columns": {each.name: {"unit": each.unit, "meaning": each.meaning} for each in columns},
    }
