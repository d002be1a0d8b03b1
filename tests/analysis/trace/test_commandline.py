"""A workload of ours is shown by its options; any other command as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.trace.commandline import command_line
from tracer.shared.phase import DEFAULTS, Phase
from tracer.workloads.spec import command


def line_of(*phases: Phase) -> str:
    return command_line(command(phases, Path("truth.json")))


def test_only_what_is_not_as_usual() -> None:
    assert line_of(Phase("x", "poll")) == "--model poll"
    phase = Phase("x", "server", fds=41, timeout_ms=0, link="wan", link_delay_ms=7, drain=False)
    assert line_of(phase) == (
        "--model server --fds 41 --timeout 0 --drain false --link wan --link-delay 7"
    )


def test_of_many_phases_the_first_two() -> None:
    phase = Phase("x", "poll")
    assert line_of(phase, phase) == "--model poll; --model poll"
    assert line_of(phase, phase, phase) == "--model poll; --model poll; 1 more phase"


@pytest.mark.parametrize("spec", ["{", "[]", "[7]", "[{}]", '[{"model": 7}]', "[" * 100_000])
def test_what_is_not_a_spec_is_shown_unchanged(spec: str) -> None:
    words = ["python3", "/x/tracer/workloads/__main__.py", "--spec-json", spec]
    assert command_line(words) == " ".join(words)
    assert command_line(words[:-1]) == " ".join(words[:-1])


def test_another_command() -> None:
    spec = json.dumps([{"model": "poll", **DEFAULTS}])
    assert command_line(["./server", "--spec-json", spec]) == f"./server --spec-json {spec}"
