"""bpftrace counts the callbacks and signals of asynchronous I/O as we do: to the last one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.guest_async import ACTIVE, FDS, FUNCTIONS, ROUNDS
from tests.live.in_guest import run_in_guest
from tests.live.running import misses

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).with_name("guest_async.py")
EVENTS = ACTIVE * ROUNDS
ONE_PER_EVENT = FDS + ACTIVE * (ROUNDS - 1)
"""Polls that each serve one event: all fds at first, then those that had one."""


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    share = tmp_path_factory.mktemp("count")
    run_in_guest(PROGRAM, share)
    answer: dict[str, Any] = json.loads((share / "counts.json").read_text())
    assert answer["state"] == "complete"
    return answer


@pytest.mark.parametrize("function", FUNCTIONS)
def test_equal_to_the_last_one(counts, function):
    assert counts["manifest"]["hits"][function] == counts["bpftrace"][function] > 0


@pytest.mark.parametrize(
    ("function", "times"),
    [
        ("aio_poll_queue_proc", ONE_PER_EVENT),
        ("aio_poll_wake", EVENTS),
        ("io_poll_queue_proc", ONE_PER_EVENT + FDS),
        ("io_poll_wake", 2 * EVENTS),
        ("send_sigio", EVENTS),
        ("add_wait_queue", 2 * ONE_PER_EVENT + FDS),
    ],
)
def test_they_are_what_the_workload_did(counts, function, times):
    """Signals hang nothing; a multishot poll hangs one entry per fd for all its events."""
    assert counts["bpftrace"][function] == times


def test_nothing_was_lost_or_missed(counts):
    manifest = counts["manifest"]
    assert set(manifest["losses"].values()) == {0}
    assert misses(manifest) == {0}
