"""Each claim's way tells of the calls that show its point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from analysis.claims.engine import Decision, Undecided, supported, undecided
from analysis.claims.packs import OURS
from analysis.exhibits import exhibits_of
from analysis.pictures.ways import WAYS
from analysis.way import Way
from tests.analysis.async_scenes import aio_poll, uring
from tests.analysis.epoll_mode_scenes import nested, oneshot, triggered
from tests.analysis.handmade import WAITER, WAKER, Maker
from tests.analysis.making import Scene, scene
from tests.analysis.naps_scenes import naps
from tests.analysis.pictures.drawing import trace_of
from tests.analysis.tasks import CALLBACK, SLEEPER, Task
from tests.analysis.way.scenes import ENTRIES, EPFD, FDS, epoll_asleep, poll_of_three
from tracer.shared.errors import TraceError
from tracer.shared.records import StepKind

BY_ID = {claim.id: claim for claim in OURS}


def ready_in_the_middle(maker: Maker) -> None:
    """A poll hangs entries as far as the first ready fd, and looks on without."""
    maker.phase("poll", fds=FDS, active=FDS[1:2], waker="before", position="middle")
    waiter = Task(maker, WAITER)
    waiter.enter()
    for fd in FDS[:2]:
        waiter.hang(ENTRIES[fd], fd)
        waiter.look(fd)
    waiter.look(8)
    for fd in FDS[:2]:
        waiter.drop(ENTRIES[fd])
    waiter.leave("poll", 1, nr=3)


def written_before(maker: Maker) -> None:
    """The program writes itself, and its epoll_wait finds the fd on the list."""
    maker.phase("epoll", fds=FDS, active=FDS[2:], waker="before")
    waiter = Task(maker, WAITER)
    waiter.enter()
    waiter.hang(ENTRIES[8], 8)
    waiter.leave("epoll_ctl", 0, op=1, fd=EPFD, target=8)
    waiter.enter()
    waiter.call_back(CALLBACK, ENTRIES[8], waiter, fd=8)
    waiter.leave("write", 1, fd=9)
    waiter.enter()
    waiter.look(8)
    waiter.leave("epoll_wait", 1, fd=EPFD)


def signalled(maker: Maker) -> None:
    maker.phase("sigio", fds=(4,), active=(4,), waker="while-asleep")
    waiter, waker = Task(maker, WAITER), Task(maker, WAKER)
    maker.call("fcntl", 0, fd=4, op=8)
    waiter.enter()
    maker.step(StepKind.FUNCTION, "fasync_helper", seq=maker.next_seq(), fd=4, value=1)
    waiter.leave("fcntl", 0, fd=4, op=4)
    waiter.enter()
    waiter.sleep()
    waker.enter()
    maker.step(StepKind.FUNCTION, "send_sigio", pid=WAKER, tid=WAKER, seq=1, fd=4, value=1)
    waker.wake(waiter)
    waker.leave("write", 1, fd=5)
    waiter.get_up()
    waiter.leave("rt_sigtimedwait", 35)
    maker.call("read", 1, fd=4)


def two_on_one_queue(maker: Maker) -> None:
    """Two tasks wait for one fd, each by an instance of its own; only the first is called."""
    maker.phase("epoll-crowd", fds=(4,), active=(4,), trigger="exclusive")
    tasks = [Task(maker, 73), Task(maker, 74)]
    writer = Task(maker, WAITER)
    for place, task in enumerate(tasks):
        task.enter()
        maker.step(StepKind.INSERTION, "add_wait_queue_exclusive", pid=task.tid, tid=task.tid,
                   seq=maker.next_seq(task.tid), fd=4, entry=0x100 + place, object=0x900,
                   value=1)  # fmt: skip
        task.leave("epoll_ctl", 0, op=1, fd=5, target=4)
    for task in tasks:
        task.enter()
        task.sleep()
    writer.enter()
    writer.call_back(CALLBACK, 0x100, tasks[0], fd=4)
    writer.call_back(SLEEPER, 0x200, tasks[0])
    writer.wake(tasks[0])
    writer.leave("write", 8, fd=4)
    tasks[0].get_up()
    tasks[0].look(4)
    tasks[0].leave("epoll_wait", 1, fd=5)
    maker.phases[-1]["waiters"] = [task.truth() for task in tasks]


POINTS: list[tuple[str, Scene, Sequence[str]]] = [
    ("mux-one-call", poll_of_three, ["hangs 3 entries", "gives up", "runs the callback"]),
    ("mux-queues-each-call", ready_in_the_middle,
     ["hangs 2 entries, one on the wait queue of each: 2 fds, 4 to 6", "looks at 3 fds"]),
    ("epoll-ctl-event-driven", epoll_asleep,
     ["is to watch fd 8", "hangs an entry", "calls epoll_wait", "runs the callback of fd 8"]),
    ("epoll-kernel-pushes", epoll_asleep, ["gives up", "calls write", "runs the callback"]),
    ("callback-fills-list", epoll_asleep, ["puts it on the ready list", "looks at fd 8"]),
    ("epoll-own-queue", epoll_asleep, ["gives up", "epoll instance's own queue"]),
    ("entry-is-current", written_before, ["calls write", "runs the callback", "calls epoll_wait"]),
    ("mux-many-naps", scene(naps, "poll"), ["gives up", "is on the CPU", "gives up"]),
    ("epoll-many-naps", scene(naps, "epoll_wait"), ["gives up", "is on the CPU", "gives up"]),
    ("et-no-repoll", scene(triggered, "edge", (0, 0), drain=False),
     ["returns from epoll_wait", "calls epoll_wait", "gives up"]),
    ("oneshot-silent", oneshot, ["nobody is woken", "to watch fd 4 anew", "calls epoll_wait"]),
    ("exclusive-one", two_on_one_queue, ["gives up", "runs the callback", "returns from epoll"]),
    ("nested-callback", nested,
     ["callback of fd 4", "callback of fd 20", "own queue", "calls epoll_wait on fd 20"]),
    ("sigio-no-entry", signalled,
     ["puts fd 4 on", "calls rt_sigtimedwait", "sends the signal", "runnable", "calls read"]),
    ("aio-poll-entry", scene(aio_poll, asleep=True), ["calls io_submit", "calls io_getevents"]),
    ("uring-poll-oneshot", scene(uring, asleep=True),
     ["3 requests", "waits for 1 completion", "hangs an entry"]),
    ("uring-poll-multishot", scene(uring, shot="multishot", asleep=True),
     ["3 requests", "waits for 1 completion", "waits for 1 completion"]),
]  # fmt: skip


def way(path: Path, claim: str, of: Scene) -> Way:
    return WAYS[claim](trace_of(path / "x.trace", of))


@pytest.mark.parametrize(("claim", "of", "points"), POINTS)
def test_way_shows_the_point(tmp_path: Path, claim: str, of: Scene, points: list[str]) -> None:
    words = iter(moment.words for moment in way(tmp_path, claim, of).moments)
    for point in points:
        assert any(point in each for each in words), point


def test_edge_is_not_looked_at_again(tmp_path: Path) -> None:
    """Between the second call and its sleep nothing is looked at."""
    told = way(tmp_path, "et-no-repoll", scene(triggered, "edge", (0, 0), drain=False))
    words = [moment.words for moment in told.moments]
    second = len(words) - words[::-1].index("calls epoll_wait on fd 21") - 1
    assert words[second + 1] == "gives up the CPU and sleeps"


@pytest.mark.parametrize(("shot", "left"), [("oneshot", False), ("multishot", True)])
def test_entries_that_no_hook_saw_come_off(tmp_path: Path, shot: str, left: bool) -> None:
    told = way(tmp_path, f"uring-poll-{shot}", scene(uring, shot=shot, asleep=True))
    words = [span.words for span in told.spans if span.bar == "entries"]
    assert any("not seen to come off" in each for each in words) == left


def test_entries_of_others_that_are_not_called(tmp_path: Path) -> None:
    told = way(tmp_path, "exclusive-one", two_on_one_queue)
    assert told.lanes[0].name == "waiter 73"
    assert [(span.bar, span.count) for span in told.spans] == [
        ("asleep", 1), ("others", 1), ("entries", 1), ("own queue", 1), ("ready list", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("claim", WAYS)
def test_nothing_to_show_is_said(tmp_path: Path, claim: str) -> None:
    def nobody(maker: Maker) -> None:
        maker.phase("blocking")

    with pytest.raises((Undecided, TraceError)):
        way(tmp_path, claim, nobody)
    with pytest.raises((Undecided, TraceError)):
        WAYS[claim](trace_of(tmp_path / "calls.trace", poll_of_three, detail="calls"))


def test_exhibits_have_ways_of_what_is_decided(tmp_path: Path) -> None:
    claim = BY_ID["epoll-own-queue"]
    trace = trace_of(tmp_path / "x.trace", epoll_asleep)
    bare = trace_of(tmp_path / "calls.trace", poll_of_three, detail="calls")
    found = [
        exhibits_of([Decision(claim, verdict)], {claim.experiment.id: [each]})[claim.id].way
        for verdict, each in (
            (supported("1", []), trace),
            (supported("1", []), bare),
            (undecided("no"), trace),
            (undecided("no"), "no boot"),
        )
    ]
    assert found[0] is not None
    assert found[0].model == "epoll_wait"
    assert found[1:] == [None] * 3
