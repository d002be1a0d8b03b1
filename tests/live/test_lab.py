"""Every model on a stock kernel, exact to the last poll, entry, copy and sleep: one boot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from analysis.checks.digest import digest_of
from analysis.checks.trust import common_doubts
from analysis.frames import Trace, read_trace
from tests.live import busy
from tests.live.running import LAB_S, manifest, misses
from tracer.guest.asked import LabBoot, Outcome, Recording
from tracer.guest.outside import GUEST_PYTHON, record_in_lab
from tracer.lab.kernels import fetch
from tracer.lab.releases import DEFAULT
from tracer.shared.output import to_stderr

pytestmark = [pytest.mark.live, pytest.mark.lab]

KINDS = ("unix", "tcp", "pipe", "eventfd")
LOOKING = ("select", "poll")
FDS, ROUNDS = 11, 5
ASLEEP = {"waker": "while-asleep", "rounds": ROUNDS}
BEFORE = {"fds": FDS, "rounds": ROUNDS, "position": "middle"}
PHASES = [
    *({"name": f"{model}-{kind}-ready", "model": model, "fd_kind": kind, **BEFORE}
      for model in (*LOOKING, "epoll") for kind in KINDS),
    *({"name": f"{model}-{kind}-asleep", "model": model, "fd_kind": kind, "fds": FDS, **ASLEEP}
      for model in (*LOOKING, "epoll") for kind in KINDS),
    *({"name": f"{model}-poll-once", "model": model, "fds": FDS, "rounds": ROUNDS,
       "waker": "none", "timeout_ms": 0} for model in (*LOOKING, "epoll")),
    *({"name": f"{model}-timeout", "model": model, "fds": FDS, "rounds": ROUNDS,
       "waker": "none", "timeout_ms": 3} for model in (*LOOKING, "epoll")),
    *({"name": f"blocking-{kind}", "model": "blocking", "fd_kind": kind, **ASLEEP}
      for kind in KINDS),
    *({"name": f"nonblocking-{kind}", "model": "nonblocking", "fd_kind": kind, "rounds": ROUNDS}
      for kind in KINDS),
    {"name": "poll-first", "model": "poll", "fds": 40, "position": "first", "rounds": 23},
    {"name": "poll-last", "model": "poll", "fds": 40, "position": "last", "rounds": 23},
]  # fmt: skip
SIXTH = 6
"""Place of the middle one of 11 fds: the last on which a call that finds it ready queues an
entry.
"""

RECORDINGS = [
    Recording("models", "steps", phases=PHASES),
    Recording("absent", "steps", command=["no-such-command"]),
    Recording("late", "steps", command=["sleep", "100"], deadline_s=2),
    Recording("busy", "steps", command=[*GUEST_PYTHON, busy.__file__]),
    Recording("after", "steps", phases=[{"model": "epoll", "fds": 7}, {"model": "poll"}]),
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    into = tmp_path_factory.mktemp("lab")
    boot = LabBoot(fetch(DEFAULT), RECORDINGS, into, deadline_s=LAB_S)
    made = record_in_lab(boot, progress=to_stderr)
    return {outcome.name: outcome for outcome in made}


@pytest.fixture(scope="module")
def trace(outcomes: dict[str, Outcome]) -> Trace:
    path = outcomes["models"].path
    assert path is not None
    assert outcomes["models"].error is None
    return read_trace(path)


def waits(trace: Trace, phase: str, family: str) -> pd.DataFrame:
    """Return the waiter's calls of one family in one phase."""
    assert trace.truth is not None
    row = next(row for row in trace.truth.phases if row.name == phase)
    calls = trace.calls
    found = calls[(calls.phase == row.number) & (calls.tid == row.tid) & (calls.family == family)]
    assert len(found)
    return found


def sums(calls: pd.DataFrame, *columns: str) -> list[int]:
    assert calls[list(columns)].notna().all(axis=None), "measured, not missing"
    return [int(calls[column].sum()) for column in columns]


def each(calls: pd.DataFrame, **expected: int) -> None:
    """Check that every call has these counts."""
    for column, value in expected.items():
        assert calls[column].tolist() == [value] * len(calls), column


def test_nothing_is_in_doubt(trace):
    assert common_doubts(trace) == []
    assert not digest_of(trace).disagreeing
    assert not digest_of(trace).ledger.problems
    assert trace.truncated_bytes == 0


def test_nothing_is_lost_missed_or_left(trace):
    found = manifest(trace.path)
    assert set(found["losses"].values()) == {0}
    assert misses(found) == {0}
    assert len(found["misses"]) > 30
    assert found["live_entries"] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", LOOKING)
def test_ready_call_polls_all_and_queues_up_to_the_ready_one(trace, model, kind):
    calls = waits(trace, f"{model}-{kind}-ready", model)
    assert len(calls) == ROUNDS
    each(calls, ret=1, fd_polls=FDS, passes=1, insertions=SIXTH, removals=SIXTH)
    each(calls, sleeps=0, sleep_calls=0, wakeups=0, notified=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", LOOKING)
def test_call_that_sleeps_polls_twice_and_queues_all(trace, model, kind):
    calls = waits(trace, f"{model}-{kind}-asleep", model)
    assert len(calls) == ROUNDS
    each(calls, ret=1, fd_polls=2 * FDS, passes=2, insertions=FDS, removals=FDS)
    each(calls, sleep_calls=1, notified=1)
    assert (calls.sleeps >= 1).all()
    assert (calls.wakeups >= 1).all()


@pytest.mark.parametrize("model", LOOKING)
def test_timeout_0_queues_nothing(trace, model):
    calls = waits(trace, f"{model}-poll-once", model)
    each(calls, ret=0, fd_polls=FDS, passes=1, insertions=0, removals=0, sleep_calls=0)


@pytest.mark.parametrize("model", LOOKING)
def test_timeout_takes_two_passes(trace, model):
    calls = waits(trace, f"{model}-timeout", model)
    each(calls, ret=0, fd_polls=2 * FDS, passes=2, insertions=FDS, removals=FDS, sleep_calls=1)
    each(calls, timeout_ns=3_000_000, notified=0)


@pytest.mark.parametrize(("position", "queued"), [("first", 1), ("last", 40)])
def test_40_sockets(trace, position, queued):
    calls = waits(trace, f"poll-{position}", "poll")
    assert len(calls) == 23
    each(calls, ret=1, fd_polls=40, insertions=queued, removals=queued, nr=40)


def test_poll_copies_its_array_in(trace):
    each(waits(trace, "poll-first", "poll"), bytes_in=8 * 40)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", ["ready", "asleep"])
def test_epoll_ctl_polls_and_queues_once_per_fd(trace, kind, phase):
    calls = waits(trace, f"epoll-{kind}-{phase}", "epoll_ctl")
    assert len(calls) == FDS
    each(calls, ret=0, fd_polls=1, insertions=1, removals=0, op=1, bytes_in=12)
    assert calls.target.nunique() == FDS


@pytest.mark.parametrize("kind", KINDS)
def test_epoll_wait_polls_what_is_ready_only(trace, kind):
    calls = waits(trace, f"epoll-{kind}-ready", "epoll_wait")
    assert len(calls) == ROUNDS
    each(calls, ret=1, fd_polls=1, insertions=0, removals=0, sleep_calls=0, bytes_in=0)
    each(calls, bytes_out=12)


@pytest.mark.parametrize("kind", ["unix", "tcp", "eventfd"])
def test_epoll_wait_that_sleeps_polls_a_drained_fd_once_more(trace, kind):
    calls = waits(trace, f"epoll-{kind}-asleep", "epoll_wait")
    assert calls.fd_polls.tolist() == [1] + [2] * (ROUNDS - 1)
    each(calls, ret=1, insertions=0, removals=0, sleep_calls=1, notified=1)


def test_epoll_wait_with_nothing_ready_polls_nothing(trace):
    each(waits(trace, "epoll-poll-once", "epoll_wait"), ret=0, fd_polls=0, sleep_calls=0)
    each(waits(trace, "epoll-timeout", "epoll_wait"), ret=0, fd_polls=0, sleep_calls=1)


@pytest.mark.parametrize("kind", KINDS)
def test_callback_of_each_write_to_a_watched_fd(trace, kind):
    """The waiter itself writes: its write runs the callback, and nobody sleeps."""
    calls = waits(trace, f"epoll-{kind}-ready", "write")
    assert sums(calls, "callbacks") == [ROUNDS]


@pytest.mark.parametrize("kind", ["unix", "tcp", "pipe"])
def test_blocking_read_queues_one_entry(trace, kind):
    calls = waits(trace, f"blocking-{kind}", "read")
    each(calls, insertions=1, removals=1, notified=1)


def test_blocking_read_of_an_eventfd_queues_an_entry_that_no_hook_sees(trace):
    """6.1 queues it inline: these numbers are missing, not zero. Its callback is seen."""
    calls = waits(trace, "blocking-eventfd", "read")
    assert calls[["insertions", "removals"]].isna().all(axis=None)
    assert (calls.notified == 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_blocking_read_sleeps(trace, kind):
    calls = waits(trace, f"blocking-{kind}", "read")
    assert len(calls) == ROUNDS
    each(calls, fd_polls=0, sleep_calls=0)
    assert (calls.sleeps >= 1).all()
    assert (calls.wakeups >= 1).all()
    assert (calls.off_cpu_ns > 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_nonblocking_read_queues_nothing(trace, kind):
    calls = waits(trace, f"nonblocking-{kind}", "read")
    assert (calls.ret == -11).sum() == 7 * ROUNDS
    each(calls, insertions=0, removals=0, notified=0, sleep_calls=0)


def test_no_copy_is_lost_when_two_cpus_write_steps_at_once(outcomes):
    """A breakpoint only tries the ring's lock: what it cannot write waits for a later step."""
    path = outcomes["busy"].path
    assert path is not None
    trace = read_trace(path)
    assert set(manifest(path)["losses"].values()) == {0}
    events = busy.READY * busy.ROUNDS
    for hook in ("__put_user_nocheck_4", "__put_user_nocheck_8"):
        copies = trace.steps[trace.steps.hook_name == hook]
        assert copies.groupby("tid").size().tolist() == [events] * busy.PROCESSES
    assert not digest_of(trace).disagreeing


def test_command_that_is_not_there_in_the_guest(outcomes):
    absent = outcomes["absent"]
    assert absent.path is None
    assert absent.exit_code == 2
    assert "cannot run 'no-such-command'" in str(absent.error)


def test_deadline_of_a_recording(outcomes):
    late = outcomes["late"]
    assert late.state == "interrupted"
    assert late.path is not None
    assert manifest(late.path)["exit_status"] == -2


def test_recording_after_an_interrupted_one_is_whole(outcomes):
    path = outcomes["after"].path
    assert path is not None
    after = read_trace(path)
    assert common_doubts(after) == []
    assert manifest(path)["live_entries"] == 0
    assert len(waits(after, "poll-n1-last", "poll")) == 23
    each(waits(after, "epoll-n7-last", "epoll_ctl"), bytes_in=12)


def test_traces_are_where_they_were_requested(outcomes):
    paths: Iterator[Path] = (row.path for row in outcomes.values() if row.path)
    assert sorted(path.name for path in paths) == [
        "after.trace",
        "busy.trace",
        "late.trace",
        "models.trace",
    ]
