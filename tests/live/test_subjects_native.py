"""Programs whose every call is known, recorded on this machine's kernel: tracepoints are enough."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from select import EPOLLET, EPOLLIN, EPOLLOUT

import pytest

from analysis.checks.trust import common_doubts
from analysis.frames import Trace, read_trace
from tests.live.running import PYTHON, tracer
from tests.subjects import building
from tests.subjects.building import built
from tracer.shared.records import TIMEOUT_INVALID, TIMEOUT_MOST

pytestmark = pytest.mark.live

EINTR = -4
DATA = 3
"""The fd of the pipe that restarts.c reads: the first that it opens."""
DECIDED = ("poll", "select", "read")


def recorded(path: Path, *command: str) -> tuple[Trace, list[int]]:
    """Return the trace of ``command`` and the numbers that it printed in its last line."""
    done = tracer("record", "-o", path / "x.trace", "--", *command)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line[:1].isdigit()]
    return read_trace(path / "x.trace"), [int(word) for word in " ".join(lines[-1:]).split()]


def test_32_bit_system_calls_are_left_out_counted_and_a_doubt(tmp_path):
    trace, _ = recorded(tmp_path, str(built("compat", tmp_path)))
    assert trace.calls["name"].value_counts().to_dict().get("poll") == 7
    assert "writev" not in set(trace.calls["name"])
    assert trace.manifest.losses["compat_calls"] == 23
    (doubt,) = common_doubts(trace)
    assert doubt == (
        "23 32-bit system calls, whose numbers mean other calls lost; trace a 64-bit program"
    )


def test_interrupted_calls_are_one_call_with_the_result_that_the_program_saw(tmp_path):
    trace, (waiter,) = recorded(tmp_path, str(built("restarts", tmp_path)))
    calls = trace.calls[(trace.calls["tid"] == waiter) & trace.calls["family"].isin(DECIDED)]
    calls = calls[(calls["family"] != "read") | (calls["fd"] == DATA)].sort_values("enter_ns")
    found = list(zip(calls["family"], calls["ret"], calls["restarts"] > 0, strict=True))
    assert found == [
        ("poll", EINTR, False),
        ("poll", EINTR, False),
        ("read", 1, True),
        ("read", EINTR, False),
        ("poll", 0, True),
        ("select", 0, True),
        ("read", 1, True),
    ]
    assert (calls["restarts"] <= 1).all()
    anew = calls[calls["restarts"] > 0]
    assert (anew["wall_ns"] > 40_000_000).all()
    assert (anew["kernel_ns"] * 2 < anew["wall_ns"]).all(), "what is stopped is not at work"
    handlers = trace.calls[(trace.calls["tid"] == waiter) & (trace.calls["family"] == "write")]
    assert (handlers["ret"] == 1).sum() >= 4, "a handler's own calls are calls of their own"
    assert (trace.calls["ret"].dropna() > -512).all()


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trace, list[int]]:
    path = tmp_path_factory.mktemp("arguments")
    return recorded(path, *PYTHON, str(building.HERE / "arguments.py"))


def test_events_that_epoll_ctl_requests(arguments):
    calls = arguments[0].calls
    asked = calls[calls["name"] == "epoll_ctl"]
    assert asked["nr"].tolist() == [EPOLLIN | EPOLLET, EPOLLOUT, 0, 0]
    assert asked["ret"].tolist() == [0, 0, -errno.EFAULT, 0]


def test_what_may_hold_a_loop_up_is_recorded(arguments):
    calls = arguments[0].calls
    assert calls.loc[calls["family"] == "fsync", "name"].tolist() == ["fdatasync"]
    assert {"open", "fsync"} <= set(calls["family"])


def test_timeouts_that_are_too_long_or_none(arguments):
    calls = arguments[0].calls
    asked = calls.loc[calls["name"] == "ppoll", "timeout_ns"].tolist()
    assert asked == [*[TIMEOUT_INVALID] * 3, *[TIMEOUT_MOST] * 2, 3_000_000_007]
    asked = calls.loc[calls["name"] == "select", "timeout_ns"].tolist()
    assert asked == [TIMEOUT_INVALID, 0, 1_500_000]


@pytest.mark.parametrize("name", ["sendmsg", "recvmsg", "readv", "writev", "accept4"])
def test_an_argument_that_is_no_number_of_bytes_is_missing(arguments, name):
    calls = arguments[0].calls
    assert calls.loc[calls["name"] == name, "nr"].isna().tolist() == [True]


def test_new_families_and_their_fds(arguments):
    trace, (pid, listener, client, accepted, pipe) = arguments
    calls = trace.calls[trace.calls["pid"] == pid].set_index("name")
    assert calls.loc["accept4", ["family", "fd", "ret"]].tolist() == ["accept", listener, accepted]
    assert calls.loc["connect", ["family", "fd", "ret"]].tolist() == ["connect", client, 0]
    moved = ["family", "fd", "target", "nr", "ret"]
    file, *rest = calls.loc["sendfile", moved].tolist()[1:]
    assert (calls.loc["sendfile", "family"], *rest) == ("splice", client, 23, 23)
    assert file >= 0
    assert calls.loc["splice", moved].tolist() == ["splice", pipe, client, 41, 41]
    closed = calls[calls["family"] == "close"]
    assert accepted in closed["fd"].tolist()
    assert json.loads((trace.path / "manifest.json").read_text())["losses"]["compat_calls"] == 0
