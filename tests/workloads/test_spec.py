"""A spec says what is wrong with it in words that help."""

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
        ({"model": "poll", "fd_kind": "pipes"}, "unknown fd kind 'pipes'; nearest: pipe"),
        ({"model": "poll", "round": 3}, "unknown field of phase 1 'round'; nearest: rounds"),
        ({"fds": 3}, "phase 1 has no model; one of blocking, "),
        ({"model": "poll", "fds": 3, "active": 4}, "makes 4 fds active and watches 3"),
        ({"model": "poll", "fds": 0}, "fds of 'poll-n0-last' is 0; needed at least 1"),
        ({"model": "poll", "fds": "3"}, "fds of phase 1 is '3'; needed a whole number"),
        ({"model": "poll", "rounds": True}, "rounds of phase 1 is True; needed a whole number"),
        ({"model": "poll", "drain": 1}, "drain of phase 1 is 1; needed true or false"),
        ({"model": "poll", "timeout_ms": 0.5}, "is 0.5; needed milliseconds or null"),
        ({"model": ["poll"]}, "model of phase 1 is ['poll']; needed a string"),
        ({"model": "poll", "trigger": "edge"}, "poll has no trigger"),
        ({"model": "blocking", "timeout_ms": 5}, "blocking has no timeout_ms"),
        ({"model": "select", "polls": 3}, "select has no polls"),
        ({"model": "poll", "waker": "none"}, "no timeout: it would never end; set timeout_ms"),
        ({"model": "blocking", "waker": "none"}, "use while-asleep"),
        (
            {"model": "poll", "waker": "while-asleep", "timeout_ms": 20},
            "raise timeout_ms above delay_ms",
        ),
        ({"model": "poll", "waker": "while-asleep", "drain": False}, "set drain true"),
        ({"model": "epoll", "trigger": "exclusive", "rearm": "mod"}, "use rearm del-add"),
        ({"model": "epoll-memory", "fds": 3}, "epoll-memory has 3 fds; needed 7"),
        ({"model": "sigio", "fd_kind": "eventfd"}, "an eventfd sends no signal"),
        ({"model": "io-uring", "waker": "none"}, "io-uring would wait forever; use before"),
        ({"model": "io-uring", "shot": "two"}, "unknown shot 'two'; known: multishot, oneshot"),
        ({"model": "aio-poll", "shot": "multishot"}, "aio-poll has no shot"),
        ("poll", "phase 1 is 'poll'; needed an object"),
    ],
)
def test_wrong_request(entry, words):
    with pytest.raises(UsageError) as caught:
        spec.parse([entry])
    assert words in str(caught.value)


@pytest.mark.parametrize("entries", [[], {}, None, "poll"])
def test_no_phases(entries):
    with pytest.raises(UsageError, match="found no phases"):
        spec.parse(entries)
