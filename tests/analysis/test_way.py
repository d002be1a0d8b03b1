from __future__ import annotations

from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.way import Way, way_of
from analysis.way_parts import Arrow, Span
from tests.analysis.handmade import WAITER, WAKER, Maker
from tracer.errors import TraceError, UsageError
from tracer.records import StepKind

PULLED = "runs the callback of the waiter's entry on fd 8: marks its call as triggered"


def told(maker: Maker, path: Path, **asked: int) -> Way:
    return way_of(read_trace(maker.write(path / "x.trace")), **asked)


def poll_of_three(maker: Maker) -> None:
    """A poll that hangs three entries, sleeps, is woken by a write and finds the third ready."""
    fds = (4, 6, 8)
    maker.phase("poll", fds=fds, active=fds[2:], waker="while-asleep", rounds=1)
    began, seq = maker.now_ns, maker.next_seq()
    for number, fd in enumerate(fds):
        entry = 0x1000 + number
        maker.step(StepKind.INSERTION, "add_wait_queue", seq=seq, fd=fd, entry=entry)
        maker.step(StepKind.FD_POLL, "sock_poll", seq=seq, fd=fd, value=4)
    maker.step(StepKind.SWITCH_OUT, "sched_switch", seq=seq)
    waker = {"pid": WAKER, "tid": WAKER, "owner_pid": WAITER, "owner_tid": WAITER, "seq": 1}
    write_began = maker.now_ns
    maker.step(StepKind.CALLBACK, "pollwake", entry=0x1002, value=1, **waker)
    maker.step(StepKind.WAKEUP, "sched_waking", **waker)
    maker.step(StepKind.SWITCH_IN, "sched_switch", seq=seq)
    for fd in fds:
        maker.step(StepKind.FD_POLL, "sock_poll", seq=seq, fd=fd, value=5 if fd == 8 else 4)
    for number in range(3):
        maker.step(StepKind.REMOVAL, "remove_wait_queue", seq=seq, entry=0x1000 + number)
    ended = maker.now_ns
    maker.call("write", 1, tid=WAKER, fd=9, enter_ns=write_began, exit_ns=write_began + 15)
    maker.call("poll", 1, enter_ns=began, exit_ns=ended, nr=3, fd_polls=6, notified=1, sleeps=1)


def test_way_of_a_poll(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    poll_of_three(maker)
    way = told(maker, tmp_path)
    assert [(each.lane, each.after_ns, each.kernel, each.count, each.words, each.kind)
            for each in way.moments] == [
        (0, 0, "poll", 1, "calls poll on 3 fds", "call"),
        (0, 0, "add_wait_queue", 3,
         "hangs 3 entries, one on the wait queue of each: 3 fds, 4 to 8", "entry"),
        (0, 10, "sock_poll", 3, "looks at 3 fds, 4 to 8: none can be read", "look"),
        (0, 60, "sched_switch", 1, "gives up the CPU and sleeps", "switch"),
        (1, 70, "write", 1, "calls write on fd 9", "call"),
        (1, 70, "pollwake", 1, PULLED, "callback"),
        (1, 80, "sched_waking", 1, "makes the waiter runnable", "wakeup"),
        (1, 85, "write", 1, "returns from write: 1 byte", "call"),
        (0, 90, "sched_switch", 1, "is on the CPU again", "switch"),
        (0, 100, "sock_poll", 3, "looks at 3 fds, 4 to 8: fd 8 can be read", "look"),
        (0, 130, "remove_wait_queue", 3, "takes 3 entries off", "entry"),
        (0, 160, "poll", 1, "returns from poll: 1 fd is ready", "call"),
    ]  # fmt: skip
    assert [(lane.name, lane.task) for lane in way.lanes] == [
        ("waiter 71", "the task that waits"),
        ("waker 72", "the workload's waker"),
    ]
    assert (way.model, way.n, way.phase, way.kernel) == ("poll", 3, "poll-1", "6.1.0-56-amd64")


def test_spans_and_arrows_of_a_poll(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    poll_of_three(maker)
    way = told(maker, tmp_path)
    assert way.spans == (
        Span("asleep", 3, 8, 1, "asleep"),
        Span("entries", 1, 10, 3, "3 entries on the wait queues of 3 fds, 4 to 8"),
    )
    assert way.arrows == (
        Arrow(1, "queues", span=1),
        Arrow(5, "queues", span=1),
        Arrow(6, "waiter", lands=8),
        Arrow(10, "queues", span=1),
    )


def test_asked_for_call_and_phase(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.phase("epoll")
    maker.call("epoll_wait", 1, notified=1, sleeps=1, fd_polls=1)
    poll_of_three(maker)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    poll = trace.calls[trace.calls["name"] == "poll"].iloc[0]
    assert way_of(trace, phase=2).model == "poll"
    assert way_of(trace, call=(WAITER, int(poll["seq"]))).model == "poll"
    assert way_of(trace).model == "epoll_wait"


def test_what_cannot_be_told(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="--detail steps"):
        told(Maker(), tmp_path / "calls")
    with pytest.raises(TraceError, match="in any phase"):
        told(Maker(detail="steps"), tmp_path / "empty")
    maker = Maker(detail="steps")
    poll_of_three(maker)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    with pytest.raises(UsageError, match="no finished call number 99"):
        way_of(trace, call=(WAITER, 99))
    with pytest.raises(TraceError, match="in phase 7"):
        way_of(trace, phase=7)
