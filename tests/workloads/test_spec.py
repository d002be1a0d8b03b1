"""A wrong spec gets a helpful error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracer.shared.errors import UsageError
from tracer.shared.phase import Phase, to_json
from tracer.workloads import spec
from tracer.workloads.registry import WORKLOADS


def test_defaults():
    (phase,) = spec.parse([{"model": "poll", "fds": 40}])
    assert phase == Phase(name="poll-n40-last", model="poll", fds=40)
    assert (phase.rounds, phase.fd_kind, phase.timeout_ms) == (23, "unix", None)


def test_blocking_waits_by_default():
    (phase,) = spec.parse([{"model": "blocking"}])
    assert (phase.waker, phase.name) == ("while-asleep", "blocking-n1-last")


@pytest.mark.parametrize("model", WORKLOADS)
def test_round_trip(model):
    phases = spec.parse([{"model": model}])
    text = json.dumps([to_json(phase) for phase in phases])
    assert spec.parse(json.loads(text)) == phases


def test_command_runs_from_anywhere():
    phases = spec.parse([{"model": "poll"}])
    line = spec.command(phases, Path("/x/truth.json"))
    assert line[:3] == ["/usr/bin/python3", "-S", "-E"]
    assert Path(line[3]).is_file()
    assert line[4:7] == ["--truth", "/x/truth.json", "--spec-json"]
    assert spec.parse(json.loads(line[7])) == phases


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"model": "pol"}, "unknown model 'pol'; nearest: poll"),
        ({"fds": 3}, "phase 1 has no model; one of blocking, "),
        ({"model": "poll", "trigger": "edge"}, "poll has no trigger"),
        ({"model": "blocking", "timeout_ms": 5}, "blocking has no timeout_ms"),
        ({"model": "select", "polls": 3}, "select has no polls"),
        ({"model": "aio-poll", "shot": "multishot"}, "aio-poll has no shot"),
        ({"model": "poll-spurious", "waker": "before"}, "poll-spurious has no waker"),
        ({"model": "poll", "spurious": 3}, "poll has no spurious"),
        ({"model": "poll", "waiters": 5}, "poll has no waiters"),
        ({"model": "poll-herd", "trigger": "edge"}, "poll-herd has no trigger"),
        ({"model": "sigio", "fd_kind": "tcp", "link": "lan"}, "sigio has no link"),
    ],
)
def test_field_that_the_workload_does_not_use(entry, words):
    with pytest.raises(UsageError) as caught:
        spec.parse([entry])
    assert words in str(caught.value)


@pytest.mark.parametrize("entries", [[], {}, None, "poll"])
def test_no_phases(entries):
    with pytest.raises(UsageError, match="found no phases"):
        spec.parse(entries)
