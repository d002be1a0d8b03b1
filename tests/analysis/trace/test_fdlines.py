"""``fds.jsonl``: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.trace.fdlines import read_fd_lines
from analysis.trace.manifest import Manifest, read_manifest
from tests.analysis.handmade import START_NS, WAITER, Maker
from tracer.shared import fds
from tracer.shared.errors import TraceError

GOOD = b'{"at_ns": 1000000000, "pid": 71, "fd": 3, "kind": "eventfd"}\n'


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    maker = Maker()
    maker.call("read", 1, fd=3)
    return maker.write(tmp_path / "x.trace")


@pytest.fixture
def manifest(trace: Path) -> Manifest:
    return read_manifest(trace / "manifest.json")


def test_a_trace_without_observed_is_read(trace, manifest):
    assert read_fd_lines(trace / fds.FILE, manifest).seen == ()
    assert not read_trace(trace).fds


def test_a_line_is_an_observation(trace, manifest):
    (trace / fds.FILE).write_bytes(GOOD)
    (observation,) = read_fd_lines(trace / fds.FILE, manifest).seen
    assert (observation.at_ns, observation.pid, observation.fd, observation.kind) == (
        START_NS,
        WAITER,
        3,
        "eventfd",
    )
    assert (observation.text, observation.inode, observation.watches) == ("", 0, ())


def test_half_a_last_line_is_left_out_and_counted(trace):
    (trace / fds.FILE).write_bytes(GOOD + GOOD[:20])
    found = read_trace(trace)
    assert len(found.fds.seen) == 1
    assert found.truncated_bytes == 20


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"[]\n", "a JSON list"),
        (b"{\n", "not JSON"),
        (GOOD.replace(b'"fd": 3', b'"fd": -1'), "fd is -1"),
        (GOOD.replace(b'"fd": 3', b'"fd": 3, "fd": 4'), "twice"),
        (GOOD.replace(b'"fd": 3, ', b""), "no fd"),
        (GOOD.replace(b"71", b"0"), "pid is 0"),
        (GOOD.replace(b"eventfd", b"novel"), "kind is 'novel'"),
        (GOOD.replace(b"1000000000", b"1"), "at_ns is 1"),
        (GOOD.replace(b"eventfd", b'file", "text": "' + b"x" * 4097), "text is"),
        (GOOD.replace(b'eventfd"', b'epoll", "watches": [-3]'), "watches"),
        (GOOD.replace(b'eventfd"', b'epoll", "watches": 3'), "watches is 3"),
    ],
)
def test_what_no_recorder_wrote_is_refused(trace, manifest, line, why):
    (trace / fds.FILE).write_bytes(GOOD + line)
    with pytest.raises(TraceError, match=why) as error:
        read_fd_lines(trace / fds.FILE, manifest)
    assert f"{fds.FILE}:2" in str(error.value)


def test_a_link_is_not_followed(trace, manifest, tmp_path):
    (tmp_path / "elsewhere").write_bytes(GOOD)
    (trace / fds.FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TraceError, match="symbolic link"):
        read_fd_lines(trace / fds.FILE, manifest)


def test_too_many_lines_are_refused(trace, manifest, monkeypatch):
    monkeypatch.setattr(fds, "MOST_LINES", 2)
    (trace / fds.FILE).write_bytes(GOOD * 3)
    with pytest.raises(TraceError, match="3 lines; needed at most 2"):
        read_fd_lines(trace / fds.FILE, manifest)
