"""What an event and a request cost, on either side."""

from __future__ import annotations

from pathlib import Path

from analysis.comparison.values import Outcome
from tests.analysis.comparison.made import TEN, compared, polls, row, sides


def test_cost_per_event_and_request(tmp_path: Path) -> None:
    a, b, c = polls(), polls(each + 7003 for each in TEN), polls()
    for maker in (a, b, c):
        maker.observe(4, "tcp", local="127.0.0.1:80", peer="127.0.0.1:1", state="ESTABLISHED")
        maker.observe(5, "pipe", inode=3)
        maker.call("read", 8, fd=4, wall_ns=550)
        maker.call("read", 0, fd=4, wall_ns=450)
    found = compared(tmp_path, a, b)
    of_event, of_request = (
        row(found, "kernel_ns_per_event", "all"),
        row(found, "kernel_ns_per_request", "all"),
    )
    assert (of_event.a.median, of_request.a.median) == ((sum(TEN) + 1000) / 10, sum(TEN) + 1000)
    assert (of_event.outcome, of_event.difference) == (Outcome.ALONE, 7003)
    assert row(found, "calls_per_request", "all").a.median == 12
    assert row(found, "calls_per_event", "all").outcome == Outcome.SAME
    c.call("read", 8, fd=9, tid=72)
    doubtful = row(compared(tmp_path / "more", a, c), "calls_per_request", "all")
    assert doubtful.outcome == Outcome.DOUBTFUL
    assert doubtful.because == (
        "in B: 1 of 2 reads with data were on fds that may or may not be sockets"
    )


def test_costs_of_several_recordings_are_judged(tmp_path: Path) -> None:
    found = sides(tmp_path, [0, 10, 20], [31, 41, 51])
    assert row(found, "kernel_ns_per_event", "all").outcome == Outcome.DIFFERS


def test_no_event_costs_nothing_and_not_zero(tmp_path: Path) -> None:
    metrics = {each.metric for each in compared(tmp_path, polls(), polls()).rows}
    assert "kernel_ns_per_event" in metrics
    assert "kernel_ns_per_request" not in metrics
    missing = row(compared(tmp_path / "more", polls(detached={"sched_switch": "EPERM"}), polls()),
                  "kernel_ns_per_event", "all")  # fmt: skip
    assert (missing.outcome, missing.a.median) == (Outcome.MISSING, None)
