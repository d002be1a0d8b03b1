"""What is missing, lost or measured differently on one side decides nothing, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.comparison.values import Outcome
from tests.analysis.comparison.made import TEN, compared, polls, row
from tests.analysis.handmade import NONE_LOST, Maker


@pytest.mark.parametrize("swapped", [False, True])
def test_missing_in_one_is_missing_there_with_its_reason(tmp_path: Path, swapped: bool) -> None:
    makers = [polls(), polls(detached={"sock_poll": "fexit:sock_poll: EPERM"})]
    found = row(compared(tmp_path, *(makers[::-1] if swapped else makers)), "fd_polls")
    assert (found.outcome, found.difference, found.ratio) == (Outcome.MISSING, None, None)
    there, gone = (found.b, found.a) if swapped else (found.a, found.b)
    assert (gone.spread, there.spread is None) == (None, False)
    assert found.because == f"in {'A' if swapped else 'B'}: hook sock_poll: fexit: EPERM"


def test_missing_in_both(tmp_path: Path) -> None:
    gone = {"sched_switch": "EPERM"}
    found = compared(tmp_path, polls(detached=gone), polls(detached=gone))
    for metric in ("sleeps", "kernel_ns"):
        assert row(found, metric).outcome == Outcome.MISSING
        assert row(found, metric).because == "in both: hook sched_switch: EPERM"


def test_entries_that_no_hook_saw_are_not_zero(tmp_path: Path) -> None:
    """A read of an eventfd that slept: analysis.frames."""
    unseen = Maker()
    unseen.call("read", 8, sleeps=1)
    found = row(compared(tmp_path, unseen, unseen), "insertions", "read")
    assert found.outcome == Outcome.MISSING
    assert found.because == "in both: 1 of 1 calls of read queued an entry that no hook saw"
    unseen.call("read", 1, sleeps=1, insertions=1)
    found = row(compared(tmp_path, unseen, unseen), "insertions", "read")
    assert found.outcome == Outcome.DOUBTFUL
    assert found.because == "in both: 1 of 2 calls of read queued an entry that no hook saw"


def test_times_of_two_clocks_are_refused(tmp_path: Path) -> None:
    b = polls(queued=7)
    b.manifest["machine"]["clock"] = "instructions"
    found = compared(tmp_path, polls(), b)
    time = row(found, "kernel_ns")
    assert (time.outcome, time.difference, time.ratio) == (Outcome.REFUSED, None, None)
    assert time.because == found.times_refused
    assert "the clock of A is real, that of B is instructions" in str(found.times_refused)
    assert row(found, "insertions").outcome == Outcome.DIFFERS, "counts have no clock"


def test_times_of_one_clock_are_compared(tmp_path: Path) -> None:
    makers = polls(), polls()
    for maker in makers:
        maker.manifest["machine"]["clock"] = "instructions"
    found = compared(tmp_path, *makers)
    assert found.times_refused is None
    assert row(found, "kernel_ns").outcome == Outcome.WITHIN


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"losses": NONE_LOST | {"calls": 3}}, "3 calls lost; raise --ring-size"),
        ({"losses": None, "state": "recording"}, "the recorder was killed"),
        ({"losses": None}, "losses are unknown"),
        ({"live_entries": 1}, "ledger: 0 entries are still queued"),
    ],
)
def test_lost_evidence_decides_nothing(
    tmp_path: Path, manifest: dict[str, object], words: str
) -> None:
    b = polls(queued=7)
    b.manifest |= manifest
    found = compared(tmp_path, polls(), b)
    assert found.a.doubts == ()
    assert found.b.doubts[0].startswith(words)
    assert {each.outcome for each in found.rows} == {Outcome.DOUBTFUL, Outcome.MISSING}
    assert str(row(found, "insertions").because).startswith(f"in B: {words}")


def test_truth_that_disagrees_decides_nothing(tmp_path: Path) -> None:
    a = polls()
    a.phases[0]["calls"]["poll"]["count"] = 11
    found = compared(tmp_path, a, polls())
    assert "truth against trace" in found.a.doubts[0]
    assert row(found, "calls").outcome == Outcome.DOUBTFUL


def test_missed_runs_cost_what_depends_on_them(tmp_path: Path) -> None:
    a = polls(queued=41)
    a.manifest["misses"] = {"sock_poll_fexit": 3}
    found = compared(tmp_path, a, polls(queued=7))
    assert row(found, "fd_polls").outcome == Outcome.DOUBTFUL
    assert str(row(found, "fd_polls").because).startswith("in A: sock_poll_fexit missed 3 runs")
    assert row(found, "insertions").outcome == Outcome.DIFFERS
    a.manifest["misses"] = {"sys_exit_raw_tp": 3}
    found = compared(tmp_path, a, polls(queued=7))
    assert row(found, "calls").outcome == Outcome.DOUBTFUL
    assert row(found, "insertions").outcome == Outcome.DOUBTFUL


def test_ended_by_ctrl_c_is_a_way_to_end_a_server(tmp_path: Path) -> None:
    b = polls(queued=7)
    b.manifest |= {"state": "interrupted", "exit_status": -2}
    assert row(compared(tmp_path, polls(), b), "insertions").outcome == Outcome.DIFFERS


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"detail": "steps"}, "A was recorded with --detail calls and probes of functions, B with"),
        ({"tracepoints": True}, "B with --detail calls and tracepoints only, and times include"),
    ],
)
def test_times_under_other_probes_are_refused(
    tmp_path: Path, changed: dict[str, object], why: str
) -> None:
    other = polls(each + 7003 for each in TEN)
    if changed.pop("tracepoints", False):
        for each in other.manifest["plan"]:
            if not (each["attached"] or "").startswith("raw_tp:"):
                each |= {"attached": None, "reason": "fentry: EPERM"}
    other.manifest |= changed
    found = compared(tmp_path, polls(), other)
    assert why in (found.times_refused or "")
    assert row(found, "kernel_ns").outcome == Outcome.REFUSED
    assert row(found, "kernel_ns_per_event", "all").outcome == Outcome.REFUSED
    assert row(found, "calls").difference == 0
