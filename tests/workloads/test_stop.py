"""A workload that can't go on says so in one line, and leaves no process behind."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.waiting import is_gone, wait_for

ENDLESS = {"model": "poll", "name": "endless", "waker": "while-asleep", "delay_ms": 50_000}
SHORT = {"model": "poll", "name": "short"}


def child_of(process):
    """Return the pid of the only child, or None while there is none."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_keeps_the_finished_phases(workload, number):
    process = workload.start([SHORT, ENDLESS, SHORT])
    waker = wait_for(lambda: child_of(process))
    process.send_signal(number)
    ended = workload.end()
    assert ended.status == 128 + number
    assert ended.stderr == f"workload: {number.name} after 1 of 3 phases\n"
    assert [phase["name"] for phase in ended.phases] == ["short"]
    assert is_gone(waker)


def test_killed_waiter_leaves_no_waker(workload):
    process = workload.start([ENDLESS])
    waker = wait_for(lambda: child_of(process))
    time.sleep(0.1)
    process.kill()
    assert workload.end().status == -signal.SIGKILL
    wait_for(lambda: is_gone(waker))


def test_deadline_names_the_phase(workload):
    workload.start([SHORT, {**ENDLESS, "deadline_s": 1}])
    ended = workload.end()
    assert ended.status == 1
    assert "phase 2 'endless' did not end within 1 s" in ended.stderr
    assert "its calls so far: write 1; raise deadline_s" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert [phase["name"] for phase in ended.phases] == ["short"]


def test_full_fd_is_explained(workload):
    workload.start([{"model": "poll", "drain": False, "rounds": 5000}])
    ended = workload.end()
    assert ended.status == 1
    assert "is full: what was written is not read; set drain true" in ended.stderr


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"model": "pool"}], "workload: unknown model 'pool'; nearest: poll"),
        ([{"model": "poll", "fds": 10**9}], "the hard limit is"),
        ([], "workload: found no phases"),
    ],
)
def test_wrong_spec(workload, entries, words):
    workload.start(entries)
    ended = workload.end()
    assert ended.status == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not workload.truth.exists()


def test_progress(workload):
    workload.start([SHORT, SHORT], "--progress")
    assert workload.end().stderr == "phase 1 of 2: short\nphase 2 of 2: short\n"
