"""What cannot be recorded is refused before anything is attached; what can, in the lab."""

from __future__ import annotations

import pytest

import tracer
from tracer.shared.errors import UsageError


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "name one of"),
        ({"model": "poll", "command": ["true"]}, "name one of"),
        ({"command": ["true"], "fds": 3}, "need model="),
        ({"model": "pol"}, "nearest: poll"),
        ({"model": "poll", "fsd": 3}, "fsd"),
        ({"pids": [1], "kernel": "6.1"}, "nothing is running in the lab's guest yet"),
    ],
)
def test_what_cannot_be(asked, words, tmp_path):
    with pytest.raises(UsageError, match=words):
        tracer.record(tmp_path / "x.trace", **asked)
    assert list(tmp_path.iterdir()) == []


def test_a_trace_has_its_suffix(tmp_path):
    with pytest.raises(UsageError, match=r"NAME\.trace"):
        tracer.record(tmp_path / "x", model="poll")


@pytest.mark.live
def test_a_command_on_this_kernel(tmp_path):
    lines: list[str] = []
    trace = tracer.record(
        tmp_path / "x.trace", ["sh", "-c", "sleep 0.1; read x </dev/null"], progress=lines.append
    )
    assert trace.manifest.state == "complete"
    assert "read" in set(trace.calls["name"])


@pytest.mark.live
def test_a_model_on_this_kernel(tmp_path):
    trace = tracer.record(tmp_path / "x.trace", model="poll", fds=3, rounds=7)
    assert trace.metrics.set_index("family").loc["poll", "calls"].sum() >= 7
