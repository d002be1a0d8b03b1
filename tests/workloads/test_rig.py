"""The fds that are made ready are where the phase says, and an error explains a full one."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("position", "expected"), [("first", [0, 1]), ("middle", [4, 5]), ("last", [8, 9])]
)
def test_position(one, position, expected):
    phase = one(model="poll", fds=10, active=2, position=position)
    assert phase["active"] == [phase["fds"][index] for index in expected]
    assert phase["fds"] == sorted(phase["fds"])


def test_full_fd_is_explained(workload):
    workload.start([{"model": "poll", "drain": False, "rounds": 5000}])
    ended = workload.end()
    assert ended.status == 1
    assert "is full: what was written is not read; set drain true" in ended.stderr
