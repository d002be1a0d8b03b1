"""What a recorder writes about the fds of a process: this one."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.handmade import Maker
from tests.waiting import PATIENCE_S
from tracer.recording import fdnames
from tracer.recording.fdnames import FdNames
from tracer.recording.tracedir import TraceDirectory
from tracer.shared import fds
from tracer.shared.records import Life

PID = os.getpid()


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TraceDirectory]:
    monkeypatch.setattr(fdnames, "_AT_END_S", PATIENCE_S)
    directory = TraceDirectory(tmp_path / "x.trace", {})
    yield directory
    directory.finish("complete", {})


def lines(trace: TraceDirectory) -> list[dict[str, Any]]:
    path = trace.path / fds.FILE
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def kinds_of(trace: TraceDirectory, fd: int) -> list[str]:
    """Return what was written about an fd: its kind and state."""
    found = (each for each in lines(trace) if each["fd"] == fd)
    return [f"{each['kind']} {each.get('state', '')}".strip() for each in found]


def joined(names: FdNames, kind: Life = Life.JOINED) -> None:
    maker = Maker()
    maker.task(PID, "pytest", kind)
    names.note_lives(maker.tasks[0])


def called(names: FdNames, name: str, ret: int, **fields: int) -> None:
    maker = Maker()
    maker.call(name, ret, tid=PID, **fields)
    names.note_calls(memoryview(maker.calls[0]))


def work(names: FdNames) -> None:
    """Give it as much time as a recorder gives in a second or two."""
    for _ in range(1000):
        names._rests_until = names._read_tables_at = 0.0
        names.work()


def test_all_fds_are_read_when_a_process_joins(trace):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        event = os.eventfd(0)
        names = FdNames(trace)
        joined(names)
        work(names)
        assert kinds_of(trace, listener.fileno()) == ["tcp LISTEN"]
        assert kinds_of(trace, event) == ["eventfd"]
        os.close(event)


def test_a_server_that_never_rests_has_its_listener_named(trace, monkeypatch):
    """Even if a recorder can do only one step between drains, and there are new fds each time."""
    monkeypatch.setattr(fdnames, "_SLICE_S", 0.0)
    monkeypatch.setattr(fdnames, "_TABLES_OVERDUE_S", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        names = FdNames(trace)
        joined(names)
        for _ in range(100 + 12 * len([*Path("/proc/self/fd").iterdir()])):
            for _ in range(2):
                called(names, "accept4", listener.fileno() + 1, fd=listener.fileno())
            names._rests_until = 0.0
            names.work()
        assert "tcp LISTEN" in kinds_of(trace, listener.fileno())
        assert names.finish()["skipped"] > 100


def test_a_new_fd_is_read_and_a_closed_one_forgotten(trace):
    names = FdNames(trace)
    joined(names)
    work(names)
    event = os.eventfd(0)
    called(names, "epoll_ctl", 0, fd=1, op=1, target=event)
    work(names)
    assert kinds_of(trace, event) == ["eventfd"]
    called(names, "epoll_ctl", 0, fd=1, op=1, target=event)
    work(names)
    assert kinds_of(trace, event) == ["eventfd"], "it is known"
    os.close(event)
    called(names, "close", 0, fd=event)
    reader, writer = os.pipe()
    assert reader == event
    called(names, "epoll_ctl", 0, fd=1, op=1, target=reader)
    work(names)
    assert kinds_of(trace, reader) == ["eventfd", "pipe"]
    os.close(reader)
    os.close(writer)


def test_at_the_end_changes_and_gone_fds_are_recorded(trace):
    first, second = socket.socketpair()
    with socket.socket() as listener, second:
        names = FdNames(trace)
        joined(names)
        work(names)
        gone = first.fileno()
        first.close()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        names.read_again()
        counts = names.finish()
        assert kinds_of(trace, listener.fileno()) == ["socket", "tcp LISTEN"]
        assert kinds_of(trace, second.fileno())[0] == "unix"
        assert kinds_of(trace, gone) == ["unix", "gone"]
        assert counts == {"seen": len(lines(trace)), "skipped": 0, "unreadable": 0}


def test_another_program_is_read_again(trace):
    names = FdNames(trace)
    joined(names)
    work(names)
    before = len(lines(trace))
    joined(names, Life.EXECED)
    work(names)
    assert len(lines(trace)) >= 2 * before - 1


def test_a_command_is_not_read_before_its_exec(trace):
    names = FdNames(trace, command_pid=PID)
    joined(names)
    work(names)
    assert lines(trace) == []
    joined(names, Life.EXECED)
    work(names)
    assert lines(trace) != []


def test_what_there_is_no_room_for_is_counted(trace, monkeypatch):
    monkeypatch.setattr(fdnames, "MOST_LINES", 2)
    names = FdNames(trace)
    joined(names)
    names.read_again()
    counts = names.finish()
    assert counts["seen"] == len(lines(trace)) == 2
    assert counts["skipped"] > 0


def test_what_there_is_no_time_for_is_counted(trace, monkeypatch):
    monkeypatch.setattr(fdnames, "_MOST_QUEUED", 3)
    names = FdNames(trace)
    joined(names)
    for fd in range(500, 505):
        called(names, "connect", 0, fd=fd)
    assert names.counts["skipped"] == 2


def test_an_ended_process_is_skipped(trace):
    names = FdNames(trace)
    maker = Maker()
    maker.task(1 << 21, "gone")
    names.note_lives(maker.tasks[0])
    names.read_again()
    assert names.finish() == {"seen": 0, "skipped": 0, "unreadable": 0}
