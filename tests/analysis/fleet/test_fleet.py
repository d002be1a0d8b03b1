"""Traces of several machines are combined: each once, in any order, outliers by the rule."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from analysis.fleet.as_json import to_json
from analysis.fleet.engine import OneProcess, fleet_of
from analysis.fleet.fleet import Fleet
from analysis.fleet.gather import TraceDirectory
from analysis.fleet.outliers import LEAST_HOSTS
from analysis.fleet.summary import summary_of
from analysis.fleet.text import to_text
from analysis.fleet.verdicts import verdicts_of
from analysis.metrics import summary as table_of
from analysis.windows.recording import open_recording
from analysis.windows.totals import Totals, totals_of

pytestmark = pytest.mark.slow

T = TypeVar("T")
R = TypeVar("R")
RECORDED = Path(__file__).parents[2] / "traces"


def hosts(directory: Path, count: int) -> list[TraceDirectory]:
    """Copy a recorded trace to ``count`` hosts."""
    return [TraceDirectory(of_host(directory, f"h{number}")) for number in range(count)]


def of_host(directory: Path, name: str, **changes: Any) -> Path:
    path = directory / f"{name}.trace"
    shutil.copytree(RECORDED / "epoll.trace", path)
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(manifest | {"host": name} | changes))
    return path


class Backwards:
    """Runs things from the last to the first, as workers might."""

    def each(
        self, function: Callable[[T], R], things: Sequence[T], failed: Callable[[T, str], R]
    ) -> Iterator[tuple[int, R]]:
        for place in reversed(range(len(things))):
            yield place, function(things[place])


def said(fleet: Fleet) -> dict[str, Any]:
    return to_json(summary_of(fleet))


def test_order_makes_no_difference() -> None:
    sources = [TraceDirectory(path) for path in sorted(RECORDED.glob("*.trace"))]
    one, other = fleet_of(sources, OneProcess()), fleet_of(sources, Backwards())
    assert len(one.rows) == len(sources)
    assert said(one) == said(other)


def test_one_trace_gives_the_sums_of_its_own_report() -> None:
    path = RECORDED / "mux.trace"
    fleet = fleet_of([TraceDirectory(path)], OneProcess())
    own = table_of(totals_of(open_recording(path)))
    both = table_of(Totals({(0, name): total for name, total in fleet.families.items()}))
    assert both["calls"].sum() == own["calls"].sum() == fleet.rows[0].amount.calls
    assert both["fd_polls"].sum() == own["fd_polls"].sum() == fleet.rows[0].amount.fd_polls


def test_a_copy_and_a_damaged_trace_are_left_out_and_reported(tmp_path: Path) -> None:
    sources = hosts(tmp_path, 2)
    shutil.copytree(sources[0].path, tmp_path / "copy.trace")
    damaged = of_host(tmp_path, "damaged")
    spool = damaged / "calls.bin"
    spool.write_bytes(bytes(128) + spool.read_bytes()[128:])
    more = [
        TraceDirectory(tmp_path / "copy.trace"),
        TraceDirectory(damaged),
        TraceDirectory(tmp_path / "none.trace"),
    ]
    fleet = fleet_of([*sources, *more], OneProcess())
    assert [row.host for row in fleet.rows] == ["h0", "h1"]
    assert [Path(each.path).name for each in fleet.unread] == ["damaged.trace", "none.trace"]
    assert [Path(each.path).name for each in fleet.copies] == ["copy.trace"]
    assert "the same recording as" in fleet.copies[0].because
    assert fleet.rows[0].amount == fleet.rows[1].amount


@pytest.mark.parametrize("others", [LEAST_HOSTS - 2, LEAST_HOSTS - 1])
def test_outliers_take_enough_hosts(tmp_path: Path, others: int) -> None:
    sources = hosts(tmp_path, others)
    began = json.loads((sources[0].path / "manifest.json").read_text())["started_ns"]
    slow = of_host(tmp_path, "slow", ended_ns=began + 60_000_000_000)
    found = summary_of(fleet_of([*sources, TraceDirectory(slow)], OneProcess())).outliers
    assert [(each.host, each.rate) for each in found] == (
        [("slow", "calls_per_s")] if others + 1 >= LEAST_HOSTS else []
    )


def test_discarded_time_does_not_count_as_recorded(tmp_path: Path) -> None:
    manifest = json.loads((RECORDED / "epoll.trace" / "manifest.json").read_text())
    until = manifest["started_ns"] + 1_000_000
    let_go = {"calls": 0, "steps": 0, "until_ns": until}
    newest = of_host(tmp_path, "newest", schema=2, let_go=let_go)
    (row,) = fleet_of([TraceDirectory(newest)], OneProcess()).rows
    assert row.recorded_ns == manifest["ended_ns"] - until


def test_two_traces_of_a_host_at_one_time_are_reported(tmp_path: Path) -> None:
    began = json.loads((RECORDED / "epoll.trace" / "manifest.json").read_text())["started_ns"]
    minute = {"host": "web", "ended_ns": began + 60_000_000_000}
    both = [of_host(tmp_path, name, command=[name], **minute) for name in ("one", "other")]
    text = to_text(summary_of(fleet_of([*map(TraceDirectory, both)], OneProcess())), 200)
    assert "host web twice" in text


def test_verdicts_of_runs_that_differ_come_first(tmp_path: Path) -> None:
    for number, outcome in enumerate(("supported", "refuted")):
        claims = [{"id": "same", "verdict": "supported"}, {"id": "other", "verdict": outcome}]
        kernel = {"release": "6.1", "where": "lab", "claims": claims}
        (tmp_path / str(number)).mkdir()
        text = json.dumps({"schema": 1, "kernels": [kernel]})
        (tmp_path / str(number) / "verdicts.json").write_text(text)
    found = verdicts_of([tmp_path / "0", tmp_path / "1", tmp_path / "0", tmp_path / "none"])
    assert (found.runs, list(found.claims)) == (2, ["other", "same"])
    assert [found.differs(claim) for claim in found.claims] == [True, False]
    assert len(found.unread) == 1
    assert "refuted 1, supported 1" in to_text(summary_of(Fleet(), found), 100)
