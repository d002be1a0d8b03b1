"""Attached to a server whose fds were registered before: each callback has its fd."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.checks.trust import doubts_of_records
from analysis.frames import Trace, read_trace
from analysis.trace.instances import ENDS, has, states_of
from tests.live.items import EVENTS, FDS, WRITTEN, WRITTEN_UNSEEN, data_of
from tests.live.scenes import Scene
from tracer.shared.records import ListState, StepKind

pytestmark = [pytest.mark.live, pytest.mark.lab]

SCENE = Scene(Path(__file__).with_name("guest_items.py"))
MADE = 1 + WRITTEN + WRITTEN_UNSEEN


@pytest.fixture(scope="module")
def made(scene: Path) -> tuple[Trace, dict[str, Any]]:
    """Return the trace of the scene, and what the kernel's memory contained."""
    return read_trace(scene / "items.trace"), json.loads((scene / "kcore.json").read_text())


def test_each_callback_is_on_the_fd_that_was_written_to(made):
    trace, said = made
    steps = trace.steps[trace.steps.hook_name == "ep_poll_callback"]
    callbacks = steps[steps.kind == StepKind.CALLBACK]
    assert set(callbacks.object) == {said["asleep"]["address"]}
    written = callbacks[callbacks.value == EVENTS]  # a read of an eventfd wakes writers too
    fds = said["fds"]
    assert list(written.fd) == [*fds[1 : 1 + WRITTEN], fds[0], *fds[-WRITTEN_UNSEEN:]]
    items = steps[steps.kind == StepKind.ITEM]
    assert list(items.fd) == list(written.fd), "reported once, when its entry is met"
    assert list(items.entry) == list(written.entry)


def test_the_items_are_those_of_the_kernels_memory(made):
    trace, said = made
    known = {fd: (events, data) for fd, events, data in said["items"]}
    assert sorted(known) == sorted(said["fds"])
    assert len(known) == FDS
    described = trace.steps[trace.steps.kind == StepKind.ITEM]
    assert len(described) == MADE
    for fd, value, data in described[["fd", "value", "object"]].itertuples(index=False):
        assert known[fd] == (value, data)
        assert value & EVENTS
        assert data == data_of(fd)
    first = trace.steps[trace.steps.kind == StepKind.INSTANCE].iloc[0]
    assert (first.object, first.fd) == (said["asleep"]["address"], said["epfd"])
    assert first.owner_pid == said["server"]


def test_the_lists_are_those_of_the_kernels_memory(made):
    trace, said = made
    states = states_of(trace.steps)
    away = states[states.hook_name == "sched_switch"]  # it may also be preempted once it is woken
    asleep = away[has(away, ListState.SLEEPER)]
    assert said["asleep"]["ready"] == said["away"]["sleepers"] == []
    assert said["asleep"]["sleepers"] == [said["server"]] == list(set(asleep.owner_tid))
    assert len(asleep) >= WRITTEN
    fds = said["fds"]
    assert said["away"]["ready"] == [fds[0], *fds[-WRITTEN_UNSEEN:]]
    last = states[states.hook_name == ENDS].tail(WRITTEN_UNSEEN)
    assert list(last.fd) == fds[-WRITTEN_UNSEEN:]
    assert has(last, ListState.LISTED).all()
    assert not has(last, ListState.SLEEPER).any()
    before = states[(states.hook_name == "sys_exit") & (states.ts_ns < last.ts_ns.iloc[0])]
    assert has(before.tail(1), ListState.READY).all(), "the level-triggered fd that was returned"


def test_nothing_of_it_is_doubted(made):
    trace, _ = made
    assert doubts_of_records(trace) == []
    assert trace.manifest.watched.epolls_not_sought is None
