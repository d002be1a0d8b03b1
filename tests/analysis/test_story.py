from __future__ import annotations

from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.story import Line, story
from tests.analysis.handmade import WAITER, WAKER, Maker
from tracer.errors import TraceError, UsageError
from tracer.records import StepKind

PULLED = "runs the callback of the waiter's entry: marks its call as triggered"


def told(maker: Maker, path: Path, **asked: int) -> list[Line]:
    return story(read_trace(maker.write(path / "x.trace")), **asked)


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
    maker.call("poll", 1, enter_ns=began, exit_ns=ended, fd_polls=6, notified=1)


def test_way_of_a_poll(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    poll_of_three(maker)
    lines = told(maker, tmp_path)
    assert [(line.who.split()[0], line.kernel, line.words) for line in lines] == [
        ("waiter", "poll", "calls poll"),
        ("waiter", "add_wait_queue x3", "hangs 3 entries on the wait queue of 3 fds, 4 to 8"),
        ("waiter", "sock_poll x3", "looks at 3 fds, 4 to 8: none can be read"),
        ("waiter", "sched_switch", "gives up the CPU and sleeps"),
        ("waker", "write", "calls write on fd 9"),
        ("waker", "pollwake", PULLED),
        ("waker", "sched_waking", "makes the waiter runnable"),
        ("waker", "write", "returns 1 from write"),
        ("waiter", "sched_switch", "is on the CPU again"),
        ("waiter", "sock_poll x3", "looks at 3 fds, 4 to 8: fd 8 can be read"),
        ("waiter", "remove_wait_queue x3", "takes 3 entries off"),
        ("waiter", "poll", "returns 1 from poll"),
    ]  # fmt: skip
    assert lines[0].after_ns == 0
    assert [line.after_ns for line in lines] == sorted(line.after_ns for line in lines)


def test_asked_for_call_and_phase(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.phase("epoll")
    maker.call("epoll_wait", 1, notified=1, fd_polls=1)
    poll_of_three(maker)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    poll = trace.calls[trace.calls["name"] == "poll"].iloc[0]
    assert story(trace, phase=2)[0].words == "calls poll"
    assert story(trace, call=(WAITER, int(poll["seq"])))[0].words == "calls poll"
    assert story(trace)[0].words.startswith("calls epoll_wait")


def test_what_cannot_be_told(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="--detail steps"):
        told(Maker(), tmp_path / "calls")
    with pytest.raises(TraceError, match="in any phase"):
        told(Maker(detail="steps"), tmp_path / "empty")
    maker = Maker(detail="steps")
    poll_of_three(maker)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    with pytest.raises(UsageError, match="no finished call number 99"):
        story(trace, call=(WAITER, 99))
    with pytest.raises(TraceError, match="in phase 7"):
        story(trace, phase=7)
