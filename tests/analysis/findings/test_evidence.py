"""Nothing is found where evidence was lost, and what could not be judged is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.findings.examine import examine
from analysis.findings.registry import BY_ID
from analysis.frames import read_trace
from tests.analysis.findings.cases import CASES
from tests.analysis.handmade import Maker


def trace_of(maker: Maker, path: Path):
    for case in CASES.values():
        case.faulty(maker)
    return read_trace(maker.write(path / "x.trace"))


@pytest.mark.parametrize("what", ["calls", "tasks", "compat_calls"])
def test_nothing_is_judged_where_calls_were_lost(what: str, tmp_path: Path) -> None:
    maker = Maker()
    maker.manifest["losses"][what] = 1204
    found = examine(trace_of(maker, tmp_path))
    assert (found.findings, found.judged) == ((), ())
    (unjudged,) = found.unjudged
    assert unjudged.because.startswith("lost: 1,204 ")
    assert unjudged.rules == tuple(BY_ID)


def test_lost_entries_cost_no_calls(tmp_path: Path) -> None:
    maker = Maker("steps")
    maker.manifest["losses"]["entries"] = 7
    assert examine(trace_of(maker, tmp_path)).judged == tuple(BY_ID)


def test_nothing_is_judged_of_a_killed_recording(tmp_path: Path) -> None:
    maker = Maker()
    maker.manifest |= {"state": "recording", "losses": None}
    (unjudged,) = examine(trace_of(maker, tmp_path)).unjudged
    assert unjudged.because == "losses are unknown"


def test_nothing_is_judged_where_records_are_missing_in_between(tmp_path: Path) -> None:
    (unjudged,) = examine(trace_of(Maker(), tmp_path), gaps=["call 3 is missing"]).unjudged
    assert unjudged.because == "call 3 is missing"


def test_missed_runs_of_a_program_that_writes_calls(tmp_path: Path) -> None:
    maker = Maker()
    maker.manifest["misses"] = {"sys_exit_raw_tp": 3}
    (unjudged,) = examine(trace_of(maker, tmp_path)).unjudged
    assert unjudged.because == "missed: sys_exit_raw_tp 3"


def test_a_rule_without_its_hook_is_not_judged_and_the_others_are(tmp_path: Path) -> None:
    found = examine(trace_of(Maker("steps", detached={"sched_waking": "EPERM"}), tmp_path))
    (unjudged,) = found.unjudged
    assert unjudged.because == "hooks are not attached"
    assert unjudged.rules == ("late-wakeups", "woken-in-vain")
    assert "woken-in-vain" not in {each.rule for each in found.findings}
    assert {"busy-poll", "held-up", "accept-herd"} <= {each.rule for each in found.findings}


def test_a_rule_that_needs_steps_is_not_judged_on_calls_alone(tmp_path: Path) -> None:
    found = examine(trace_of(Maker(), tmp_path))
    (unjudged,) = found.unjudged
    assert unjudged.because == "recorded without --detail steps"
    assert unjudged.rules == ("late-wakeups", "events-after-close")
