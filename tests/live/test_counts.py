"""bpftrace, in the same guest and on the same processes, counts exactly what we count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live import watched
from tests.live.counted import ACTIVE, COUNTED, FDS, FEW, ROUNDS, SPURIOUS, WAITERS
from tests.live.running import misses
from tests.live.scenes import Scene

pytestmark = [pytest.mark.live, pytest.mark.lab]

SCENE = Scene(Path(__file__).with_name("guest_counted.py"))
OURS = {("watched", "unix_poll"): "sock_poll"}
"""Our hook is on the function that calls unix_poll, and nothing else was polled."""

QUEUED = 2 * watched.ROUNDS * (watched.SIXTH + 1) + 3 * watched.FDS
"""Calls that find a ready fd queue entries up to it; two that sleep and one that times out queue
all.
"""

EVENTS = ACTIVE * ROUNDS
ONE_PER_EVENT = FDS + ACTIVE * (ROUNDS - 1)
"""Polls that serve one event each: all fds at first, then those that had an event."""

WAKES = SPURIOUS + 1
"""Callbacks of one call, with spurious wakeups or without: the noise's, and the final one."""
MASKED, ONESHOT, NESTED, HERD = 1, 2, 1, 1
"""Sleeps per round of the other phases, each ended by an event."""


@pytest.fixture(scope="module")
def counts(scene: Path) -> dict[str, dict[str, Any]]:
    """Return both instruments' results by name of COUNTED."""
    return {name: json.loads((scene / f"{name}.json").read_text()) for name in COUNTED}


@pytest.mark.parametrize(
    ("name", "function"),
    [(name, function) for name, counted in COUNTED.items() for function in counted.functions],
)
def test_equal_to_the_last_one(counts, name, function):
    ours = counts[name]["manifest"]["hits"][OURS.get((name, function), function)]
    assert ours == counts[name]["bpftrace"][function] > 0


@pytest.mark.parametrize(
    ("function", "times"), [("__pollwait", QUEUED), ("add_wait_queue", QUEUED + watched.FDS)]
)
def test_entries_are_what_the_program_queued(counts, function, times):
    assert counts["watched"]["bpftrace"][function] == times


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
def test_asynchronous_io_is_what_the_workload_did(counts, function, times):
    """Signals queue nothing; a multishot poll queues one entry per fd for all its events."""
    assert counts["async"]["bpftrace"][function] == times


@pytest.mark.parametrize(
    ("function", "per_round", "per_waiter"),
    [
        ("schedule_hrtimeout_range", 3 * WAKES + MASKED + ONESHOT + NESTED + HERD, 1),
        ("pollwake", 2 * WAKES + WAKES, 0),
        ("ep_poll_callback", WAKES + 3 + 2 + HERD + WAITERS, 1),
        ("ep_autoremove_wake_function", WAKES + ONESHOT + NESTED + HERD, 1),
        ("add_wait_queue_exclusive", 0, 1),
    ],
)
def test_modes_are_what_the_workload_did(counts, function, per_round, per_waiter):
    """A waiter sleeps before the first event, and is woken to end.

    ONESHOT runs a callback that wakes nobody, nested instances run two, and reading an eventfd runs
    one on each of its entries, with another key: the reader has made it writable (fs/eventfd.c
    eventfd_read()).
    """
    assert counts["modes"]["bpftrace"][function] == FEW * per_round + WAITERS * per_waiter


@pytest.mark.parametrize("name", COUNTED)
def test_nothing_was_lost_or_missed(counts, name):
    manifest = counts[name]["manifest"]
    assert counts[name]["state"] == "complete"
    assert set(manifest["losses"].values()) == {0}
    assert misses(manifest) == {0}


@pytest.mark.parametrize("name", ["watched", "modes"])
def test_no_epoll_entry_is_left(counts, name):
    assert counts[name]["manifest"]["live_entries"] == 0
