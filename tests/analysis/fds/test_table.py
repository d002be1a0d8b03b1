"""The fds that most calls were about."""

from __future__ import annotations

import json

from analysis.fds import table as fdtable
from analysis.fds.table import busiest_fds, how_known
from analysis.frames import read_trace
from analysis.report.as_json import to_json
from analysis.report.text import report
from tests.analysis.handmade import WAITER, Maker


def made() -> Maker:
    maker = Maker()
    maker.manifest["fd_names"] = {"seen": 3, "skipped": 2, "unreadable": 1}
    maker.observe(3, "tcp", local="127.0.0.1:80", state="LISTEN")
    maker.observe(5, "file", text="/a")
    for _ in range(3):
        maker.call("read", 1, fd=5)
    maker.call("write", 1, fd=5)
    maker.call("close", 0, fd=5)
    maker.call("read", 1, fd=5)
    maker.observe(5, "file", text="/b<b>")
    maker.call("accept4", 9, fd=3)
    return maker


def test_an_fd_used_for_two_files_has_two_rows(tmp_path):
    rows = busiest_fds(read_trace(made().write(tmp_path / "x.trace")), 9)
    assert rows.to_dict("records") == [
        {"pid": WAITER, "fd": 5, "name": "/a", "calls": 5, "families": "read, write, close"},
        {"pid": WAITER, "fd": 5, "name": "/b<b>", "calls": 1, "families": "read"},
        {"pid": WAITER, "fd": 3, "name": "TCP 127.0.0.1:80 (LISTEN)", "calls": 1,
         "families": "accept"},
    ]  # fmt: skip


def test_the_busiest_only(tmp_path):
    assert len(busiest_fds(read_trace(made().write(tmp_path / "x.trace")), 1)) == 1


def test_the_report_has_them(tmp_path):
    trace = read_trace(made().write(tmp_path / "x.trace"))
    text = report(trace, 100)
    assert "The fds with the most calls" in text
    assert "TCP 127.0.0.1:80 (LISTEN)" in text
    assert how_known(trace) == (
        "3 observations; no time for 2 more; 1 process that may not be read"
    )
    found = json.loads(json.dumps(to_json(trace)))
    assert found["fds"][0]["name"] == "/a"
    assert found["fd_names"]["skipped"] == 2


def test_none_where_nothing_was_observed(tmp_path):
    maker = Maker()
    maker.call("read", 1, fd=5)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    assert busiest_fds(trace, 9).empty
    assert "fds with the most calls" not in report(trace, 100)


def test_windows_of_any_size_give_the_same_rows(tmp_path, monkeypatch):
    trace = read_trace(made().write(tmp_path / "x.trace"))
    whole = busiest_fds(trace, 9)
    monkeypatch.setattr(fdtable, "WINDOW", 2)
    assert busiest_fds(trace, 9).equals(whole)


def test_no_calls(tmp_path):
    maker = Maker()
    maker.observe(5, "eventfd")
    assert busiest_fds(read_trace(maker.write(tmp_path / "x.trace")), 9).empty
