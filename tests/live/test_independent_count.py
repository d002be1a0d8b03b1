"""bpftrace, in the same guest and on the same process, counts what we count: to the last one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.guest_watched import FUNCTIONS
from tests.live.in_guest import run_in_guest
from tests.live.running import misses
from tests.live.watched import FDS, ROUNDS, SIXTH

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).with_name("guest_watched.py")
OURS = {"unix_poll": "sock_poll"}
"""Our hook is the function that calls unix_poll, and nothing else was polled."""


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    share = tmp_path_factory.mktemp("count")
    run_in_guest(PROGRAM, share)
    answer: dict[str, Any] = json.loads((share / "counts.json").read_text())
    assert answer["state"] == "complete"
    return answer


@pytest.mark.parametrize("function", FUNCTIONS)
def test_equal_to_the_last_one(counts, function):
    ours = counts["manifest"]["hits"][OURS.get(function, function)]
    assert ours == counts["bpftrace"][function]
    assert ours > 0


def test_they_are_what_the_program_did(counts):
    """Ready calls hang up to the ready fd; two that sleep and one that times out hang all."""
    hung = 2 * ROUNDS * (SIXTH + 1) + 3 * FDS
    assert counts["bpftrace"]["__pollwait"] == hung
    assert counts["bpftrace"]["add_wait_queue"] == hung + FDS


def test_no_run_was_missed(counts):
    manifest = counts["manifest"]
    assert set(manifest["losses"].values()) == {0}
    assert misses(manifest) == {0}
    assert manifest["live_entries"] == 0
