"""bpftrace counts sleeps and callbacks of epoll's modes as we do, and as they must come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.guest_modes import FUNCTIONS, NAPS, ROUNDS, WAITERS
from tests.live.in_guest import run_in_guest
from tests.live.running import misses

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).with_name("guest_modes.py")
WAKES = NAPS + 1
"""Callbacks of one call that is woken in vain, or not: the noise's, and that of the end."""
MASKED, ONESHOT, NESTED, CROWD = 1, 2, 1, 1
"""Sleeps per round of the other phases, each ended by an event."""


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
    ("function", "per_round", "per_waiter"),
    [
        ("schedule_hrtimeout_range", 3 * WAKES + MASKED + ONESHOT + NESTED + CROWD, 1),
        ("pollwake", 2 * WAKES + WAKES, 0),
        ("ep_poll_callback", WAKES + 3 + 2 + CROWD + WAITERS, 1),
        ("ep_autoremove_wake_function", WAKES + ONESHOT + NESTED + CROWD, 1),
        ("add_wait_queue_exclusive", 0, 1),
    ],
)
def test_they_are_what_the_workload_did(counts, function, per_round, per_waiter):
    """A waiter sleeps before the first event, and is woken to end.

    ONESHOT runs a callback in silence, nested ones run two, and reading an eventfd runs one on
    each of its entries, with another key: who reads it has made it writable (fs/eventfd.c
    eventfd_read()).
    """
    assert counts["bpftrace"][function] == ROUNDS * per_round + WAITERS * per_waiter


def test_nothing_was_lost_or_missed(counts):
    manifest = counts["manifest"]
    assert set(manifest["losses"].values()) == {0}
    assert misses(manifest) == {0}
    assert manifest["live_entries"] == 0
