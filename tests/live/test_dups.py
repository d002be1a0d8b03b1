"""If several fds share a file, a poll in epoll_wait gets the fd that was added."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.frames import Trace, read_trace
from analysis.verdicts.steps import CALL
from tests.live.scenes import Scene
from tracer.shared.records import StepKind

pytestmark = [pytest.mark.live, pytest.mark.lab]

SCENE = Scene(Path(__file__).with_name("guest_dups.py"))


@pytest.fixture(scope="module")
def made(scene: Path) -> tuple[Trace, dict]:
    """Return the trace of the scene, and the results of epoll_wait."""
    return read_trace(scene / "dups.trace"), json.loads((scene / "given.json").read_text())


def polls_of(trace: Trace, fd: int) -> list[list[int]]:
    """Return which fds each epoll_wait on ``fd`` polled."""
    calls = trace.calls[(trace.calls.family == "epoll_wait") & (trace.calls.fd == fd)]
    polls = trace.steps[trace.steps.kind == StepKind.FD_POLL].merge(calls[CALL], on=CALL)
    by_call = polls.groupby(CALL)["fd"].agg(list)
    return [by_call.get(tuple(call), []) for call in calls[CALL].itertuples(index=False)]


def test_the_fds_that_were_polled_are_those_that_were_returned(made):
    trace, said = made
    assert polls_of(trace, said["inner"]) == said["given"]
    assert [set(fds) for fds in said["given"][:2]] == [set(said["fds"]), {said["fds"][-1]}]


def test_a_nested_instance_polls_its_own_fds(made):
    trace, said = made
    calls = trace.calls[(trace.calls.family == "epoll_wait") & (trace.calls.fd != said["inner"])]
    (outer,) = set(calls.fd)
    for polls, given in zip(polls_of(trace, outer), said["given"], strict=True):
        assert polls
        assert set(polls) <= set(given)
