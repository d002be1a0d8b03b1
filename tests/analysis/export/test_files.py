"""Parquet and CSV files as read by pandas, DuckDB, polars and pyarrow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from analysis.export.arrow import calls_table, steps_table, with_texts, write_csv, write_parquet
from analysis.export.columns import CALLS, STEPS
from analysis.export.part import Part, parts_of, whole
from analysis.windows.recording import open_recording
from tests.analysis.export.scene import ADDRESS, woken_poll
from tests.analysis.handmade import Maker
from tests.analysis.windows.making import each_trace

Rows = list[dict[str, Any]]


@pytest.fixture
def maker() -> Maker:
    made = Maker(detail="steps", detached={"_copy_from_user": "EPERM"})
    woken_poll(made)
    return made


def files(maker: Maker, path: Path) -> tuple[Part, Path]:
    """Return the whole trace and the directory with its four files."""
    part = whole(open_recording(maker.write(path / "x.trace")))
    for name, table in (("calls", calls_table(part)), ("steps", steps_table(part))):
        with (path / f"{name}.parquet").open("wb") as file:
            write_parquet([table], file)
        with (path / f"{name}.csv").open("wb") as file:
            write_csv([table], file)
    return part, path


def by_pandas(path: Path) -> Rows:
    return plain(pd.read_parquet(path))


def by_duckdb(path: Path) -> Rows:
    found = duckdb.sql(f"select * from '{path}'")  # noqa: S608 -- a path of our own
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def by_polars(path: Path) -> Rows:
    return pl.read_parquet(path).to_dicts()


def plain(frame: pd.DataFrame) -> Rows:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


@pytest.mark.parametrize("read", [by_pandas, by_duckdb, by_polars])
def test_parquet_holds_each_value(
    read: Callable[[Path], Rows], maker: Maker, tmp_path: Path
) -> None:
    part, path = files(maker, tmp_path)
    calls, steps = read(path / "calls.parquet"), read(path / "steps.parquet")
    assert calls == calls_table(part).to_pylist()
    assert steps == steps_table(part).to_pylist()
    assert calls[-1]["exit_ns"] is None
    assert {call["bytes_in"] for call in calls if call["name"] == "poll"} == {None}
    assert ADDRESS in {step["entry"] for step in steps}


def test_pandas_gets_its_own_types_back(maker: Maker, tmp_path: Path) -> None:
    part, path = files(maker, tmp_path)
    found = pd.read_parquet(path / "steps.parquet")
    types = {"int64": "Int64", "uint64": "UInt64", "bool": "boolean", "string": "string"}
    assert {str(name): str(type_) for name, type_ in found.dtypes.items()} == {
        each.name: types[each.type] for each in STEPS
    }
    assert plain(found) == steps_table(part).to_pylist()


@pytest.mark.parametrize(("name", "columns"), [("calls", CALLS), ("steps", STEPS)])
def test_parquet_describes_itself(
    name: str, columns: tuple[Any, ...], maker: Maker, tmp_path: Path
) -> None:
    maker.manifest["losses"]["steps"] = 7
    _, path = files(maker, tmp_path)
    schema = pa_parquet.read_schema(path / f"{name}.parquet")
    assert [field.name for field in schema] == [each.name for each in columns]
    assert [field.type for field in schema] == [pa.type_for_alias(each.type) for each in columns]
    for each in columns:
        said = schema.field(each.name).metadata
        assert (said[b"unit"].decode(), said[b"meaning"].decode()) == (each.unit, each.meaning)
    about = json.loads(schema.metadata[b"tracer"])
    assert about["losses"]["steps"] == 7
    assert about["release"] == "6.1.0-56-amd64"
    assert about["columns"][columns[0].name]["unit"] == "ns"
    query = "select value from parquet_kv_metadata(?) where key = 'tracer'"
    ((value,),) = duckdb.execute(query, [str(path / f"{name}.parquet")]).fetchall()
    assert json.loads(value.decode()) == about


def csv_by_pandas(path: Path) -> Rows:
    return plain(pd.read_csv(path, dtype_backend="numpy_nullable"))


def csv_by_duckdb(path: Path) -> Rows:
    found = duckdb.read_csv(str(path))
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def csv_by_polars(path: Path) -> Rows:
    return pl.read_csv(path).to_dicts()


@pytest.mark.parametrize("read", [csv_by_pandas, csv_by_duckdb, csv_by_polars])
def test_csv_holds_each_value(read: Callable[[Path], Rows], maker: Maker, tmp_path: Path) -> None:
    part, path = files(maker, tmp_path)
    calls, steps = read(path / "calls.csv"), read(path / "steps.csv")
    assert calls == calls_table(part).to_pylist()
    assert in_hex(steps) == in_hex(steps_table(part).to_pylist())


def in_hex(steps: Rows) -> Rows:
    """Return ``steps`` with addresses as text: DuckDB reads hex as the numbers they are."""
    addresses = ("entry", "object")
    return [
        step | {name: hex(step[name]) for name in addresses if isinstance(step[name], int)}
        for step in steps
    ]


HOSTILE = [
    '"',
    "a,b",
    "a\nb",
    "\r\n",
    "=cmd()",
    "<b>",
    "'; drop table x; --",
    "",
    "\ud800\0",
    "é\u2028",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_stay_in_their_field(name: str, tmp_path: Path) -> None:
    maker = Maker()
    maker.phase("poll", name=name)
    maker.call("poll", 1)
    maker.call("poll", 2)
    _, path = files(maker, tmp_path)
    stored = name.replace("\0", "\\x00").replace("\ud800", "\\ud800")
    for found in (by_duckdb(path / "calls.parquet"), by_polars(path / "calls.parquet")):
        assert [(call["phase_name"], call["ret"]) for call in found] == [(stored, 1), (stored, 2)]
    rows = csv_by_polars(path / "calls.csv")
    cell = f"'{stored}" if stored.startswith(("=", "\r")) else stored
    assert [(call["phase_name"], call["ret"]) for call in rows] == [(cell, 1), (cell, 2)]


@pytest.mark.parametrize("name", ["calls", "steps"])
def test_empty_trace_has_columns(name: str, tmp_path: Path) -> None:
    _, path = files(Maker(), tmp_path)
    columns = [each.name for each in {"calls": CALLS, "steps": STEPS}[name]]
    assert pl.read_parquet(path / f"{name}.parquet").columns == columns
    assert len(pd.read_parquet(path / f"{name}.parquet")) == 0
    assert pl.read_csv(path / f"{name}.csv").columns == columns


@pytest.mark.parametrize(
    "name",
    ["=1+1", *(pytest.param(x, marks=pytest.mark.slow) for x in ("+1", "-1", "@x", "\tx", "\rx"))],
)
def test_spreadsheet_runs_no_cell(name: str, maker: Maker, tmp_path: Path) -> None:
    maker.phases[0]["name"] = name
    row = next(row for row in maker.manifest["plan"] if row["hook"] == "sock_poll")
    row["hook"] = name
    _, path = files(maker, tmp_path)
    calls = pd.read_csv(path / "calls.csv", keep_default_na=False)
    steps = pd.read_csv(path / "steps.csv", keep_default_na=False)
    assert f"'{name}" in set(calls["phase_name"]) & set(steps["hook_name"])
    assert name not in set(calls["phase_name"]) | set(steps["hook_name"])
    assert {row["ret"] for row in by_pandas(path / "calls.parquet")} >= {-11}
    assert "-11" in set(calls["ret"].astype(str))
    assert name in {row["phase_name"] for row in by_pandas(path / "calls.parquet")}


@each_trace
@pytest.mark.parametrize("size", [7, pytest.param(1000, marks=pytest.mark.slow)])
def test_stretches_have_what_the_whole_has(path: Path, size: int, tmp_path: Path) -> None:
    recording = open_recording(path)
    calls = map(calls_table, parts_of(recording, recording.windows_of("calls", size)))
    steps = map(steps_table, parts_of(recording, recording.windows_of("steps", size)))
    for name, tables in (("calls", calls), ("steps", steps)):
        with (tmp_path / f"{name}.parquet").open("wb") as file:
            write_parquet(tables, file)
    all_of_it = whole(recording)
    assert pa_parquet.read_table(tmp_path / "calls.parquet").equals(
        with_texts(calls_table(all_of_it))
    )
    assert pa_parquet.read_table(tmp_path / "steps.parquet").equals(
        with_texts(steps_table(all_of_it))
    )
    groups = pa_parquet.ParquetFile(tmp_path / "steps.parquet").num_row_groups
    assert groups == -(-len(recording.steps.records) // size)
