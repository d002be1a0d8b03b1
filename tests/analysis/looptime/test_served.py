"""Which reads are requests: those that got data from a client's socket."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.fds.streams import streams_of
from analysis.frames import read_trace
from analysis.looptime.served import Served, served
from tests.analysis.handmade import Maker

PEERS = {"local": "127.0.0.1:80", "peer": "127.0.0.1:4711", "state": "ESTABLISHED"}


def served_by(maker: Maker, path: Path, size: int = 1 << 17) -> Served:
    recording = read_trace(maker.write(path / "x.trace")).recording
    streams = streams_of(recording)
    found = Served(0, 0, 0)
    for window in recording.windows(size):
        for each in served(window, streams).values():
            found = found.combine(each)
    return found


def read_of(kind: str, **details: object) -> Maker:
    maker = Maker()
    maker.observe(7, kind, **details)
    for ret in (10, 0, -11, 20):
        maker.call("recvfrom", ret, fd=7, nr=100)
    return maker


@pytest.mark.parametrize(
    ("kind", "requests", "unknown"),
    [("tcp", 2, 0), ("unix", 2, 0), ("pipe", 0, 0), ("file", 0, 0), ("udp", 0, 0), ("gone", 0, 2),
     ("socket", 0, 2)],
)  # fmt: skip
def test_reads_by_what_the_fd_is(tmp_path: Path, kind: str, requests: int, unknown: int) -> None:
    details = PEERS if kind in ("tcp", "udp") else {}
    assert served_by(read_of(kind, **details), tmp_path) == Served(0, requests, unknown)


def test_fds_returned_by_calls_are_known_without_observations(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("accept4", 7, fd=3)
    maker.call("read", 10, fd=7, nr=100)
    maker.call("close", 0, fd=7)
    maker.call("openat", 7)
    maker.call("read", 832, fd=7, nr=832)
    maker.call("read", 1, fd=8, nr=1)
    assert served_by(maker, tmp_path) == Served(events=0, requests=1, unknown=1)


def test_events_of_waits(tmp_path: Path) -> None:
    maker = Maker()
    for name, ret in (("epoll_wait", 3), ("poll", 2), ("select", 1), ("poll", -4), ("poll", 0)):
        maker.call(name, ret)
    maker.call("epoll_ctl", 0)
    for size in (1, 2, 100):
        assert served_by(maker, tmp_path / str(size), size) == Served(6, 0, 0)
