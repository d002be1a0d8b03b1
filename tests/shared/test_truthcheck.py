from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.checks.digest import digest_of
from analysis.frames import read_trace
from tests.analysis.handmade import WAKER, Maker
from tracer.recording.spools import marks_in, returned_in
from tracer.shared import truthcheck
from tracer.shared.records import StepKind
from tracer.shared.truthcheck import Marks, Returned


def recorded(tmp_path: Path, maker: Maker) -> tuple[dict[str, Any], Path]:
    maker.write(tmp_path)
    return json.loads((tmp_path / "truth.json").read_text()), tmp_path


def compare(truth: dict[str, Any], trace: Path) -> list[str]:
    """Compare as the recorder does, and check that the analysis says the same."""
    marks = marks_in(trace / "steps.bin")
    problems = truthcheck.compare(truth, returned_in(trace / "calls.bin", marks))
    assert list(digest_of(read_trace(trace)).untrue) == problems
    return problems


def two_phases() -> Maker:
    maker = Maker()
    maker.call("read", 100)
    maker.phase("nonblocking", name="first")
    for _ in range(7):
        maker.call("read", -11)
    maker.phase("poll", name="second")
    for _ in range(23):
        maker.call("poll", 1)
    maker.call("write", 1, tid=WAKER)
    return maker


def test_agrees(tmp_path: Path) -> None:
    assert compare(*recorded(tmp_path, two_phases())) == []


def test_half_a_record_is_left_out(tmp_path: Path) -> None:
    truth, trace = recorded(tmp_path, two_phases())
    for name in ("calls.bin", "steps.bin"):
        with (trace / name).open("ab") as file:
            file.write(b"half")
    assert compare(truth, trace) == []


def in_pieces(whole: Iterable[Returned]) -> Iterable[Returned]:
    """Yield the same calls one by one, as in windows of one call."""
    for each in whole:
        for number in range(each.calls):
            yield each._replace(calls=1, ret_sum=0 if number else each.ret_sum)


def test_windows_add_up(tmp_path: Path) -> None:
    truth, trace = recorded(tmp_path, two_phases())
    returned = list(returned_in(trace / "calls.bin", marks_in(trace / "steps.bin")))
    assert len(list(in_pieces(returned))) > len(returned)
    assert truthcheck.compare(truth, in_pieces(returned)) == []
    assert truthcheck.compare(truth, list(in_pieces(returned))[2:]) != []


def test_calls_after_the_last_mark_belong_to_no_phase(tmp_path: Path) -> None:
    maker = two_phases()
    maker.step(StepKind.PHASE, value=0)
    maker.call("read", 1)
    del maker.phases[-1]["calls"]["read"]
    assert compare(*recorded(tmp_path, maker)) == []


def test_lost_call(tmp_path: Path) -> None:
    maker = two_phases()
    del maker.calls[1]
    assert compare(*recorded(tmp_path, maker)) == [
        "phase first: the workload says 7 calls of read, the trace has 6",
        "phase first: the workload says the results of read add up to -77, the trace has -66",
    ]


def test_family_that_the_workload_does_not_name(tmp_path: Path) -> None:
    maker = two_phases()
    maker.phases[1]["calls"] = {}
    assert compare(*recorded(tmp_path, maker))[0] == (
        "phase second: the workload says 0 calls of poll, the trace has 23"
    )


def test_other_result(tmp_path: Path) -> None:
    maker = two_phases()
    maker.phases[1]["calls"]["poll"]["ret_sum"] = 22
    assert compare(*recorded(tmp_path, maker)) == [
        "phase second: the workload says the results of poll add up to 22, the trace has 23"
    ]


def test_unfinished_call_has_not_returned(tmp_path: Path) -> None:
    maker = two_phases()
    maker.call("poll", 0, exit_ns=0)
    assert compare(*recorded(tmp_path, maker)) == []


def test_marks_are_in_time_order_and_each_begins_its_phase() -> None:
    marks = Marks.of([(500, 0), (300, 7), (100, 2)])
    assert [marks.phase_at(ns) for ns in (99, 100, 299, 300, 499, 500)] == [0, 2, 2, 7, 7, 0]


def several_waiters() -> Maker:
    maker = Maker()
    maker.phase("poll-waiters", name="several")
    maker.call("write", 8)
    maker.call("poll", 1, tid=81)
    maker.call("poll", 1, tid=82)
    maker.call("read", -11, tid=82)
    maker.call("poll", 1, tid=WAKER)
    once = {"count": 1, "ret_sum": 1}
    maker.phases[-1]["waiters"] = [
        {"pid": 81, "tid": 81, "calls": {"poll": once}, "results": {}},
        {
            "pid": 82,
            "tid": 82,
            "calls": {"poll": once, "read": {"count": 1, "ret_sum": -11}},
            "results": {},
        },
    ]
    return maker


def test_several_waiters_agree(tmp_path: Path) -> None:
    assert compare(*recorded(tmp_path, several_waiters())) == []


def test_each_of_several_waiters_is_checked(tmp_path: Path) -> None:
    maker = several_waiters()
    first, second = maker.phases[-1]["waiters"]
    first["calls"]["poll"] = {"count": 2, "ret_sum": 2}
    del second["calls"]["read"]
    assert compare(*recorded(tmp_path, maker)) == [
        "phase several, waiter 81: the workload says 2 calls of poll, the trace has 1",
        "phase several, waiter 81: the workload says the results of poll add up to 2, "
        "the trace has 1",
        "phase several, waiter 82: the workload says 0 calls of read, the trace has 1",
        "phase several, waiter 82: the workload says the results of read add up to 0, "
        "the trace has -11",
    ]


def test_waiter_that_made_no_call_is_missed(tmp_path: Path) -> None:
    maker = several_waiters()
    maker.phases[-1]["waiters"].append(
        {"pid": 83, "tid": 83, "calls": {"poll": {"count": 1, "ret_sum": 1}}, "results": {}}
    )
    assert compare(*recorded(tmp_path, maker))[0] == (
        "phase several, waiter 83: the workload says 1 calls of poll, the trace has 0"
    )
