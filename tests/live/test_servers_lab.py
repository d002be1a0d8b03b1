"""Real servers, attached to in a guest: bpftrace counts the same callbacks for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.checks.trust import doubts_of_records
from analysis.frames import Trace, read_trace
from tests.live.guest_servers import NAMES, REQUESTS
from tests.live.running import manifest
from tests.live.scenes import Scene
from tests.live.serving import accepted_under_a_name
from tests.servers.programs import program
from tracer.shared.records import StepKind

pytestmark = [pytest.mark.live, pytest.mark.lab]

SCENE = Scene(
    Path(__file__).with_name("guest_servers.py"),
    lambda _: [program(name) for name in ("nginx", "caddy")],
)


@pytest.fixture(scope="module")
def run(scene: Path) -> tuple[Trace, dict[str, Any]]:
    """Return the recording of all of them, and what bpftrace and the guest reported."""
    return read_trace(scene / "servers.trace"), json.loads((scene / "servers.json").read_text())


def test_nothing_was_lost(run):
    trace, said = run
    assert said["status"] == 0
    assert doubts_of_records(trace) == []
    assert set(manifest(trace.path)["losses"].values()) == {0}


def callbacks_of(run: tuple[Trace, dict[str, Any]], name: str) -> pd.DataFrame:
    """Return the steps that are callbacks on fds that a server watches."""
    trace, said = run
    steps = trace.steps[trace.steps["hook_name"] == "ep_poll_callback"]
    callbacks = steps[steps["kind"] == StepKind.CALLBACK]
    return callbacks[callbacks["owner_pid"].isin(said["pids"][name])]


@pytest.mark.parametrize("name", NAMES)
def test_callbacks_of_each_instance_are_equal_to_the_last_one(run, name):
    _, said = run
    ours = callbacks_of(run, name).groupby("object").size()
    assert ours.sum() > REQUESTS
    assert {str(instance): count for instance, count in ours.items()} == {
        str(instance): said["callbacks"].get(str(instance)) for instance in ours.index
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_callback_is_of_an_fd_with_a_name(run, name):
    assert (callbacks_of(run, name)["fd"] >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_listener_and_what_it_accepted_have_names(run, name):
    trace, said = run
    accepted_under_a_name(trace, said["pids"][name], said["ports"][name])
