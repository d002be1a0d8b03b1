"""Whether an fd is a stream socket: by what was seen of it, else by the call that gave it out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.fds.streams import MAYBE, NO, YES, Streams, streams_of
from analysis.frames import read_trace
from tests.analysis.handmade import WAITER, WAKER, Maker
from tracer.shared.records import Life


@pytest.fixture
def maker() -> Maker:
    return Maker()


def streams(maker: Maker, path: Path) -> Streams:
    recording = read_trace(maker.write(path / "x.trace")).recording
    found, again = streams_of(recording), streams_of(recording, 1)
    assert found.changes.codes.tolist() == again.changes.codes.tolist()
    return found


def at(found: Streams, fd: int, *at_ns: int, pid: int = WAITER) -> list[int]:
    count = len(at_ns)
    return found.at(np.full(count, pid), np.full(count, fd), np.array(at_ns)).tolist()


def test_of_nothing_nothing_is_known(maker: Maker, tmp_path: Path) -> None:
    assert at(streams(maker, tmp_path), 5, 0, maker.now_ns) == [MAYBE, MAYBE]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("tcp", YES), ("unix", YES), ("file", NO), ("udp", NO), ("gone", MAYBE), ("socket", MAYBE)],
)
def test_an_observation_holds_before_and_after(
    maker: Maker, tmp_path: Path, kind: str, expected: int
) -> None:
    before = maker.now_ns
    maker.call("read", 1, fd=5)
    maker.observe(5, kind)
    found = streams(maker, tmp_path)
    assert at(found, 5, before, maker.now_ns) == [expected, expected]
    assert at(found, 6, before) == [MAYBE]
    assert at(found, 5, before, pid=WAKER) == [MAYBE]


def test_the_last_observation_before_the_moment_counts(maker: Maker, tmp_path: Path) -> None:
    maker.observe(5, "file")
    first = maker.now_ns
    maker.call("read", 1, fd=5)
    maker.observe(5, "tcp")
    assert at(streams(maker, tmp_path), 5, first, maker.now_ns) == [NO, YES]


def test_the_call_that_returned_it_decides_without_an_observation(
    maker: Maker, tmp_path: Path
) -> None:
    times = [maker.now_ns]
    for name, numbers in (("accept4", {"fd": 3}), ("close", {"fd": 7}), ("openat", {})):
        maker.call(name, 0 if name == "close" else 7, **numbers)
        times.append(maker.now_ns)
    maker.call("accept4", -11, fd=3)
    maker.call("accept4", 7, fd=3)
    maker.observe(7, "socket")
    times.append(maker.now_ns)
    assert at(streams(maker, tmp_path), 7, *times) == [MAYBE, YES, MAYBE, NO, YES]


def test_a_close_is_itself_about_what_the_fd_was(maker: Maker, tmp_path: Path) -> None:
    maker.call("accept4", 7, fd=3)
    closes = maker.now_ns
    maker.call("close", 0, fd=7)
    assert at(streams(maker, tmp_path), 7, closes, closes + 1) == [YES, MAYBE]


def test_a_call_that_never_returned_closed_nothing(maker: Maker, tmp_path: Path) -> None:
    maker.observe(7, "tcp")
    closes = maker.now_ns
    maker.call("close", 0, fd=7, exit_ns=0)
    assert at(streams(maker, tmp_path), 7, closes + 1) == [YES]


def test_an_observation_while_the_fd_was_closed_tells_nothing(maker: Maker, tmp_path: Path) -> None:
    began = maker.now_ns
    maker.now_ns += 400
    maker.observe(5, "tcp", took_ns=50)
    maker.call("close", 0, fd=5, enter_ns=began + 100, exit_ns=began + 900)
    assert at(streams(maker, tmp_path), 5, began, maker.now_ns) == [MAYBE, MAYBE]


def test_a_long_close_makes_only_what_was_seen_meanwhile_doubtful(
    maker: Maker, tmp_path: Path
) -> None:
    began = maker.now_ns
    for fd, seen_ns in ((5, 300), (6, 2000)):
        maker.call("close", 0, fd=fd, enter_ns=began + 100, exit_ns=began + 900)
        maker.now_ns = began + seen_ns
        maker.observe(fd, "tcp")
    maker.call("read", 1, fd=7)
    found = streams(maker, tmp_path)
    assert [at(found, fd, began, maker.now_ns) for fd in (5, 6)] == [[MAYBE, MAYBE], [MAYBE, YES]]


def test_another_program_has_other_fds(maker: Maker, tmp_path: Path) -> None:
    maker.task(WAITER, "sh")
    maker.call("accept4", 5, fd=3)
    before = maker.now_ns
    maker.now_ns += 10
    maker.task(WAITER, "server", Life.EXECED)
    maker.now_ns += 10
    between = maker.now_ns
    maker.now_ns += 10
    maker.call("openat", 5)
    found = streams(maker, tmp_path)
    assert at(found, 5, before, between, maker.now_ns) == [YES, MAYBE, NO]


def test_many_are_decided_in_any_order(maker: Maker, tmp_path: Path) -> None:
    maker.observe(5, "eventfd")
    maker.call("accept4", 7, fd=6)
    maker.observe(7, "tcp", pid=WAKER)
    found = streams(maker, tmp_path)
    pids, fds = np.array([WAITER, WAITER, WAKER, WAKER]), np.array([7, 5, 5, 7])
    assert found.at(pids, fds, np.full(4, maker.now_ns)).tolist() == [YES, NO, MAYBE, YES]


def test_a_socket_that_the_tables_had_later_is_what_they_say(maker: Maker, tmp_path: Path) -> None:
    maker.observe(5, "socket", inode=7)
    first = maker.now_ns
    maker.call("accept4", -11, fd=5)
    maker.observe(5, "tcp", inode=7)
    assert at(streams(maker, tmp_path), 5, first) == [YES]
