"""A dataset has complete traces, each once, and its report is that of the traces."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pa_parquet
import pytest

from analysis.dataset import append as appending
from analysis.dataset import tables
from analysis.dataset.append import Came, append, prepare
from analysis.dataset.layout import CONTENT, METADATA_KEY, SCHEMA_FILE, TABLES
from analysis.dataset.partition import partitions
from analysis.fleet.as_json import to_json
from analysis.fleet.engine import OneProcess, fleet_of
from analysis.fleet.gather import TraceDirectory
from analysis.fleet.source import Source
from analysis.fleet.summary import summary_of
from analysis.windows.recording import open_recording
from tests.analysis.findings.cases import CASES
from tests.analysis.handmade import Maker
from tracer.shared.errors import TraceError, TracerError, UsageError

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).parents[2] / "traces"


def traces(directory: Path) -> list[Path]:
    """Give the recorded traces hosts, one with a name that cannot be a directory's."""
    hosts = ("web", "a b/../c=d+é", None, "web", "web", "db")
    return [
        changed(shutil.copytree(path, directory / path.name), host=host)
        for path, host in zip(sorted(RECORDED.glob("*.trace")), hosts, strict=True)
    ]


def changed(trace: Path, **changes: Any) -> Path:
    manifest = json.loads((trace / "manifest.json").read_text())
    (trace / "manifest.json").write_text(json.dumps(manifest | changes))
    return trace


def dataset_of(path: Path, paths: list[Path]) -> Path:
    prepare(path)
    assert [append(path, open_recording(each)) for each in paths] == [Came.APPENDED] * len(paths)
    return path


def report(sources: list[Source]) -> dict[str, Any]:
    return to_json(summary_of(fleet_of(sources, OneProcess())))


def files(dataset: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in dataset.rglob("*")}


def test_the_report_is_that_of_the_traces(tmp_path: Path) -> None:
    paths = traces(tmp_path)
    maker = Maker(detached={"sched_waking": "EPERM"})
    CASES["busy-poll"].faulty(maker)
    paths.append(changed(maker.write(tmp_path / "busy.trace"), host="busy"))
    lost = dict.fromkeys(("calls", "steps", "tasks", "entries", "waiters"), 1)
    paths.append(changed(maker.write(tmp_path / "lossy.trace"), host="lossy", losses=lost))
    dataset = dataset_of(tmp_path / "fleet", paths)
    own = report([*map(TraceDirectory, paths)])
    assert own["findings"]
    assert [each["doubtful"] for each in own["traces"]].count(True)
    assert report([*partitions(dataset)]) == own


def test_a_trace_is_appended_once(tmp_path: Path) -> None:
    paths = traces(tmp_path)
    dataset = dataset_of(tmp_path / "fleet", paths)
    before = files(dataset)
    copy = shutil.copytree(paths[0], tmp_path / "copy.trace")
    prepare(dataset)
    assert append(dataset, open_recording(copy)) == Came.THERE
    assert files(dataset) == before


def test_a_trace_that_was_still_recorded_is_replaced_by_the_complete_one(tmp_path: Path) -> None:
    path = shutil.copytree(RECORDED / "epoll.trace", tmp_path / "epoll.trace")
    whole = json.loads((path / "manifest.json").read_text())
    so_far = {"at_ns": whole["ended_ns"], "losses": whole["losses"], "misses": whole["misses"]}
    changed(path, state="recording", losses=None, ended_ns=None, so_far=so_far)
    dataset = dataset_of(tmp_path / "fleet", [path])
    assert append(dataset, open_recording(path)) == Came.THERE
    changed(path, **whole)
    assert append(dataset, open_recording(path)) == Came.REPLACED
    assert append(dataset, open_recording(path)) == Came.THERE
    (found,) = report([*partitions(dataset)])["traces"]
    assert found["doubts"]["state"] == "complete"
    assert not list(dataset.glob(".draft-*"))


@pytest.mark.parametrize("name", [*TABLES, "trace"])
def test_a_torn_file_is_named_and_appended_again(tmp_path: Path, name: str) -> None:
    paths = traces(tmp_path)
    dataset = dataset_of(tmp_path / "fleet", paths)
    torn = partitions(dataset)[0].path / f"{name}.parquet"
    torn.write_bytes(torn.read_bytes()[:-100])
    found = report([*partitions(dataset)])
    assert found["total"]["traces"] == len(paths) - 1
    (because,) = [each["because"] for each in found["unread"]]
    assert because.startswith(f"{torn}: not a complete Parquet file (")
    came = [append(dataset, open_recording(path)) for path in paths]
    assert [came.count(each) for each in (Came.REPLACED, Came.THERE)] == [1, len(paths) - 1]
    assert report([*partitions(dataset)])["unread"] == []


@pytest.mark.parametrize("name", [*TABLES, "trace"])
def test_a_missing_file_is_named_and_appended_again(tmp_path: Path, name: str) -> None:
    path = RECORDED / "epoll.trace"
    dataset = dataset_of(tmp_path / "fleet", [path])
    gone = partitions(dataset)[0].path / f"{name}.parquet"
    gone.unlink()
    (unread,) = report([*partitions(dataset)])["unread"]
    assert unread["because"] == f"{gone}: found nothing; needed the file: append the trace again"
    assert append(dataset, open_recording(path)) == Came.REPLACED
    assert report([*partitions(dataset)])["unread"] == []


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "Expecting value"), (b'{"schema": 1', "Expecting"), (b"[1]", "no JSON object")],
)
def test_a_damaged_schema_is_reported_with_what_was_needed(
    tmp_path: Path, content: bytes, why: str
) -> None:
    dataset = dataset_of(tmp_path / "fleet", [RECORDED / "epoll.trace"])
    (dataset / SCHEMA_FILE).write_bytes(content)
    for read in (partitions, prepare):
        with pytest.raises(TraceError, match=why) as caught:
            read(dataset)
        assert 'needed {"schema": 1}: write that into it' in str(caught.value)
    (dataset / SCHEMA_FILE).write_text(CONTENT)
    assert len(report([*partitions(dataset)])["traces"]) == 1


@pytest.mark.parametrize(
    ("schema", "words"), [(2, "read it with a newer tracer"), (None, "append the trace again")]
)
def test_mixed_schemas_are_named(tmp_path: Path, schema: int | None, words: str) -> None:
    paths = traces(tmp_path)
    dataset = dataset_of(tmp_path / "fleet", paths)
    steps = partitions(dataset)[-1].path / "steps.parquet"
    table = pa_parquet.read_table(steps)
    pa_parquet.write_table(
        table.replace_schema_metadata({METADATA_KEY: json.dumps({"schema": schema})}), steps
    )
    (unread,) = report([*partitions(dataset)])["unread"]
    assert (
        f"schema {schema} of a dataset; this version reads schema 1: {words}" in unread["because"]
    )


def test_a_column_of_another_type_is_named_and_one_more_is_not(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "fleet", [RECORDED / "epoll.trace"])
    calls = partitions(dataset)[0].path / "calls.parquet"
    table = pa_parquet.read_table(calls)
    pa_parquet.write_table(table.append_column("mine", table["fd"]).drop_columns("bytes_in"), calls)
    assert report([*partitions(dataset)])["unread"] == []
    place = table.schema.get_field_index("fd")
    pa_parquet.write_table(table.set_column(place, "fd", table["fd"].cast("string")), calls)
    (unread,) = report([*partitions(dataset)])["unread"]
    assert "column fd is of type string; needed int64: append the trace again" in unread["because"]


def test_a_file_with_fewer_rows_is_named(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "fleet", [RECORDED / "epoll.trace"])
    calls = partitions(dataset)[0].path / "calls.parquet"
    pa_parquet.write_table(pa_parquet.read_table(calls).slice(1), calls)
    (unread,) = report([*partitions(dataset)])["unread"]
    assert "33 rows; needed 34" in unread["because"]


def test_rows_of_a_group_are_in_order_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "WINDOW", 7)
    recording = open_recording(RECORDED / "mux.trace")
    dataset = dataset_of(tmp_path / "fleet", [RECORDED / "mux.trace"])
    for name, rows in (("calls", recording.calls.records), ("steps", recording.steps.records)):
        file = pa_parquet.ParquetFile(partitions(dataset)[0].path / f"{name}.parquet")
        places = file.read(["place"])["place"].to_pylist()
        assert sorted(places) == list(range(len(rows)))
        assert file.num_row_groups == -(-len(rows) // 7)
        for group in range(file.num_row_groups):
            times = file.read_row_group(group)[tables.TIMES[name]].to_pylist()
            known = [each for each in times if each is not None]
            assert times == [*sorted(known), *[None] * (len(times) - len(known))]


def test_drafts_of_killed_writers_are_removed_and_locked_ones_stay(tmp_path: Path) -> None:
    dataset = tmp_path / "fleet"
    prepare(dataset)
    for name in ("killed", "held", "new"):
        (dataset / f".draft-{name}").mkdir()
        (dataset / f".draft-{name}" / "calls.parquet").touch()
        if name != "new":
            os.utime(dataset / f".draft-{name}", (0, 0))
    held = os.open(dataset / ".draft-held", os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        append(dataset, open_recording(RECORDED / "epoll.trace"))
    finally:
        os.close(held)
    assert sorted(path.name for path in dataset.glob(".draft-*")) == [".draft-held", ".draft-new"]


@pytest.mark.parametrize("name", [*TABLES, "trace"])
def test_an_append_that_fails_leaves_nothing(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = dataset_of(tmp_path / "fleet", [RECORDED / "mux.trace"])
    before = set(files(dataset))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def doing(table: str, _: int) -> None:
        if table == name:
            full()

    with pytest.raises(TracerError, match="No space left on device; free some space"):
        append(dataset, open_recording(RECORDED / "epoll.trace"), doing)
    assert set(files(dataset)) == before
    monkeypatch.setattr(appending.os, "fsync", full)
    with pytest.raises(TracerError, match="No space left on device; free some space"):
        append(dataset, open_recording(RECORDED / "epoll.trace"))
    assert set(files(dataset)) == before


def test_a_directory_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(UsageError, match="contains mine and is not a dataset"):
        prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
