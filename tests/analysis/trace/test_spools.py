from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.frames import read_trace
from analysis.report.as_json import to_json
from analysis.report.text import report
from analysis.trace import spools
from analysis.trace.manifest import read_manifest
from tests.analysis.handmade import Maker


def written(path: Path, calls: int) -> Path:
    maker = Maker()
    for number in range(calls):
        maker.call("read", number)
    return maker.write(path)


def opened(path: Path) -> spools.Spool:
    return spools.open_calls(path, read_manifest(path / "manifest.json"))


def test_windows_are_the_records_in_order_and_views_of_them(tmp_path: Path) -> None:
    spool = opened(written(tmp_path, 23))
    windows = list(spool.windows(10))
    assert [len(window) for window in windows] == [10, 10, 3]
    assert np.concatenate([window["ret"] for window in windows]).tolist() == list(range(23))
    assert all(np.shares_memory(window, spool.records) for window in windows)
    assert not spool.records.flags.writeable


def test_no_window_of_no_record(tmp_path: Path) -> None:
    assert list(opened(written(tmp_path, 0)).windows()) == []


def test_records_are_checked_in_every_window(tmp_path, monkeypatch):
    monkeypatch.setattr(spools, "AT_ONCE", 2)
    seen = []
    monkeypatch.setattr(
        spools, "check_calls", lambda _p, window, first, _b: seen.append((first, len(window)))
    )
    opened(written(tmp_path, 5)).checked()
    assert seen == [(0, 2), (2, 2), (4, 1)]


def test_each_spool_is_opened_once_for_all_uses_of_a_trace(tmp_path, monkeypatch):
    maker = Maker()
    maker.phase("poll")
    maker.call("poll", 1)
    path = maker.write(tmp_path)
    opened_files: list[str] = []
    real = spools.open_regular
    monkeypatch.setattr(
        spools, "open_regular", lambda file: (opened_files.append(file.name), real(file))[1]
    )
    trace = read_trace(path)
    for name in ("calls.bin", "steps.bin"):
        (path / name).unlink()

    assert "agrees with the trace" in report(trace)
    assert to_json(trace)["disagreements"] == []
    assert opened_files == ["calls.bin", "steps.bin"]
