"""The timeline of one call: its moments, what is queued, and where its arrows lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.timeline import Timeline, Wanted, gap_ns, timeline_of
from analysis.timeline.parts import Arrow, Moment, Span
from tests.analysis.handmade import MS, WAITER, WAKER, Maker
from tests.analysis.tasks import Task
from tests.analysis.timeline.scenes import epoll_asleep, helper_first, poll_of_three
from tests.texts import unknown
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.records import StepKind

PULLED = "runs the callback of the waiter's entry on fd 8: marks its call as triggered"


def timeline_from(maker: Maker, path: Path) -> Timeline:
    return timeline_of(read_trace(maker.write(path / "x.trace")))


def shape(moment: Moment) -> tuple[int, int, str, int, str, str]:
    return (
        moment.lane, moment.after_ns, moment.kernel, moment.count, moment.words, moment.kind,
    )  # fmt: skip


def texts(timeline: Timeline) -> list[str]:
    lanes = [text for lane in timeline.lanes for text in (lane.name, lane.task)]
    return [timeline.title, *lanes, *(each.words for each in (*timeline.moments, *timeline.spans))]


def test_timeline_of_a_poll(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    poll_of_three(maker)
    timeline = timeline_from(maker, tmp_path)
    assert [shape(moment) for moment in timeline.moments] == [
        (0, 0, "poll", 1, "calls poll on 3 fds", "call"),
        (0, 0, "add_wait_queue", 3,
         "queues 3 entries, one on the wait queue of each: 3 fds, 4 to 8", "entry"),
        (0, 10, "sock_poll", 3, "polls 3 fds, 4 to 8: none can be read", "fd_poll"),
        (0, 60, "sched_switch", 1, "gives up the CPU and sleeps", "switch"),
        (1, 70, "write", 1, "calls write on fd 9", "call"),
        (1, 70, "pollwake", 1, PULLED, "callback"),
        (1, 80, "sched_waking", 1, "makes the waiter runnable", "wakeup"),
        (1, 85, "write", 1, "returns from write: 1 byte", "call"),
        (0, 90, "sched_switch", 1, "is on the CPU again", "switch"),
        (0, 100, "sock_poll", 3, "polls 3 fds, 4 to 8: fd 8 can be read", "fd_poll"),
        (0, 130, "remove_wait_queue", 3, "removes 3 entries", "entry"),
        (0, 160, "poll", 1, "returns from poll: 1 fd is ready", "call"),
    ]  # fmt: skip
    assert [(lane.name, lane.task) for lane in timeline.lanes] == [
        ("waiter 71", "the task that waits"),
        ("waker 72", "the workload's waker"),
    ]
    assert (timeline.model, timeline.n, timeline.phase, timeline.kernel) == (
        "poll",
        3,
        "poll-1",
        "6.1.0-56-amd64",
    )
    assert timeline.title == "The timeline of one call: poll, with 3 fds"
    assert unknown(texts(timeline)) == []


def test_spans_and_arrows_of_a_poll(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    poll_of_three(maker)
    timeline = timeline_from(maker, tmp_path)
    assert timeline.spans == (
        Span("asleep", 3, 8, 1, "asleep"),
        Span("entries", 1, 10, 3, "3 entries on the wait queues of 3 fds, 4 to 8"),
    )
    assert timeline.arrows == (
        Arrow(1, "queues", span=1),
        Arrow(5, "queues", span=1),
        Arrow(6, "waiter", lands=8),
        Arrow(10, "queues", span=1),
    )


def test_timeline_of_an_epoll_wait(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    epoll_asleep(maker)
    timeline = timeline_from(maker, tmp_path)
    assert [(m.lane, m.after_ns, m.words) for m in timeline.moments] == [
        (0, 0, "calls epoll_wait on fd 10, to wait as long as it takes"),
        (0, 10, "gives up the CPU and sleeps"),
        (1, 20, "calls write on fd 9"),
        (1, 30, "runs the callback of fd 8: puts it on the ready list of its epoll instance"),
        (1, 40, "finds the waiter on the epoll instance's own queue, wakes it"),
        (1, 50, "makes the waiter runnable"),
        (1, 60, "returns from write: 1 byte"),
        (0, 70, "is on the CPU again"),
        (0, 80, "the sleep is over: woken"),
        (0, 90, "polls fd 8: nothing to read"),
        (0, 100, "returns from epoll_wait: 1 fd is ready"),
    ]
    assert timeline.spans == (
        Span("asleep", 1, 7, 1, "asleep"),
        Span("entries", None, None, 3,
             "3 entries, queued by epoll_ctl on the wait queues of 3 fds, 4 to 8"),
        Span("own queue", 1, 4, 1, "the waiter's own entry, on the epoll instance's own queue",
             seen=False),
        Span("ready list", 3, 9, 1, "fd 8 on the ready list of its epoll instance", seen=False),
    )  # fmt: skip
    assert timeline.arrows == (
        Arrow(3, "queues", span=1),
        Arrow(4, "queues", span=2),
        Arrow(5, "waiter", lands=7),
    )
    assert unknown(texts(timeline)) == []


def test_what_was_read_of_the_instance_is_seen(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    epoll_asleep(maker, reads=True)
    timeline = timeline_from(maker, tmp_path)
    seen = {span.bar: span.seen for span in timeline.spans}
    assert seen == {"asleep": True, "entries": True, "own queue": True, "ready list": True}
    assert [each.words for each in timeline.moments if "instance:" in each.words] == []


def test_a_list_that_was_read_without_the_fd_has_no_span(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    epoll_asleep(maker, wakes=False, reads=True)
    spans = [span.bar for span in timeline_from(maker, tmp_path).spans]
    assert "ready list" not in spans


def test_callback_that_wakes_nobody(tmp_path: Path) -> None:
    """ONESHOT is disarmed: the callback runs, wakes nobody, and puts no fd on a ready list."""
    maker = Maker(detail="steps")
    epoll_asleep(maker, wakes=False)
    timeline = timeline_from(maker, tmp_path)
    assert "runs the callback of fd 8: nobody is woken" in [each.words for each in timeline.moments]
    assert [span.bar for span in timeline.spans] == ["asleep", "entries"]


def test_wakeup_by_an_interrupt(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.phase("poll", fds=(4,), active=(4,))
    waiter, idle = Task(maker, WAITER), Task(maker, 0)
    waiter.enter()
    waiter.insert(0x1000, 4)
    waiter.sleep()
    idle.call_back("pollwake", 0x1000, waiter)
    idle.wake(waiter)
    waiter.get_up()
    waiter.drop(0x1000)
    waiter.leave("poll", 1, nr=1)
    timeline = timeline_from(maker, tmp_path)
    assert [(lane.name, lane.task) for lane in timeline.lanes[1:]] == [
        ("waker 0", "an interrupt, while the CPU was idle")
    ]
    assert [each.words for each in timeline.moments if each.lane == 1] == [
        "runs the callback of the waiter's entry on fd 4: marks its call as triggered",
        "makes the waiter runnable",
    ]


def test_every_sleep_is_a_span(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.phase("poll")
    waiter = Task(maker, WAITER)
    waiter.enter()
    for forced in (False, True, False):
        waiter.sleep(forced=forced)
        waiter.get_up()
    waiter.leave("poll", 0)
    timeline = timeline_from(maker, tmp_path)
    assert [(span.bar, span.first, span.last) for span in timeline.spans] == [
        ("asleep", 1, 2),
        ("asleep", 7, 8),
    ]
    assert timeline.moments[4].words == "is preempted"


def test_address_of_an_entry_is_reused(tmp_path: Path) -> None:
    """The entry queued there before was another one, on another fd, and is gone."""
    maker = Maker(detail="steps")
    maker.phase("epoll", fds=(4,))
    waiter = Task(maker, WAITER)
    waiter.enter()
    waiter.insert(0x1000, 99)
    waiter.drop(0x1000)
    waiter.leave("poll", 0)
    poll_of_three(maker)
    timeline = timeline_from(maker, tmp_path)
    assert [span.words for span in timeline.spans if span.bar == "entries"] == [
        "3 entries on the wait queues of 3 fds, 4 to 8"
    ]


def test_asked_for_call_and_phase(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.phase("epoll")
    maker.call("epoll_wait", 1, notified=1, sleeps=1, fd_polls=1)
    poll_of_three(maker)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    poll = trace.calls[trace.calls["name"] == "poll"].iloc[0]
    assert timeline_of(trace, Wanted(phase=2)).model == "poll"
    assert timeline_of(trace, call=(WAITER, int(poll["seq"]))).model == "poll"
    assert timeline_of(trace).model == "epoll_wait"


def test_wakers_own_wait_is_not_chosen(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    helper_first(maker)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    assert timeline_of(trace, Wanted(phase=1)).model == "poll"
    assert timeline_of(trace, call=(WAKER, 1)).model == "read"


def test_a_program_that_is_not_ours_has_no_phases(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.call("poll", 1, nr=3, fd_polls=3)
    assert timeline_from(maker, tmp_path).model == "poll"


def test_gaps_are_shown_from_a_millisecond(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.phase("poll")
    waiter = Task(maker, WAITER)
    waiter.enter()
    waiter.sleep()
    maker.now_ns += MS
    waiter.get_up()
    waiter.leave("poll", 0)
    timeline = timeline_from(maker, tmp_path)
    assert [gap_ns(timeline, number) for number in range(len(timeline.moments))] == [
        None, None, MS + 10, None, None,
    ]  # fmt: skip


def test_what_cannot_be_shown(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="--detail steps"):
        timeline_from(Maker(), tmp_path / "calls")
    with pytest.raises(TraceError, match="in any phase"):
        timeline_from(Maker(detail="steps"), tmp_path / "empty")
    maker = Maker(detail="steps")
    poll_of_three(maker)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    with pytest.raises(UsageError, match="no finished call number 99"):
        timeline_of(trace, call=(WAITER, 99))
    with pytest.raises(TraceError, match="in phase 7"):
        timeline_of(trace, Wanted(phase=7))


def test_a_hook_on_the_enclosing_function_says_so(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    for row in maker.manifest["plan"]:
        if row["hook"] == "do_poll":
            row["attached"], row["stands_for"] = "fentry:do_sys_poll", "do_poll"
    maker.phase("poll")
    began = maker.now_ns
    maker.step(StepKind.FUNCTION, "do_poll", seq=1)
    maker.call("poll", 0, enter_ns=began)
    timeline = timeline_from(maker, tmp_path)
    assert (timeline.moments[1].kernel, timeline.moments[1].words) == (
        "do_sys_poll", "begins its work; inlined into this function: do_poll",
    )  # fmt: skip
