"""The shape of a phase: unknown fields, wrong types and choices get helpful errors."""

from __future__ import annotations

import pytest

from tracer.shared.errors import UsageError
from tracer.shared.phase import (
    CHOICES,
    DEFAULTS,
    MINIMA,
    Phase,
    check_fields,
    from_json,
    to_json,
)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("poll", "phase 7 is 'poll'; needed an object"),
        ({"model": "poll", "round": 3}, "unknown field of phase 7 'round'; nearest: rounds"),
        ({"fds": "3"}, "fds of phase 7 is '3'; needed a whole number"),
        ({"rounds": True}, "rounds of phase 7 is True; needed a whole number"),
        ({"drain": 1}, "drain of phase 7 is 1; needed true or false"),
        ({"leave": 1}, "leave of phase 7 is 1; needed true or false"),
        ({"timeout_ms": 0.5}, "is 0.5; needed milliseconds or null"),
        ({"timeout_ms": True}, "is True; needed milliseconds or null"),
        ({"model": ["poll"]}, "model of phase 7 is ['poll']; needed a string"),
        ({"io": None}, "io of phase 7 is None; needed a string"),
    ],
)
def test_fields_and_types(entry, words):
    with pytest.raises(UsageError) as caught:
        check_fields(7, entry)
    assert words in str(caught.value)


def test_every_type_that_is_right():
    check_fields(1, {**DEFAULTS, "name": "a", "model": "poll"})
    check_fields(1, {"timeout_ms": 5})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"fd_kind": "pipes"}, "unknown fd kind 'pipes'; nearest: pipe"),
        ({"shot": "two"}, "unknown shot 'two'; known: multishot, oneshot"),
        ({"io": "epol"}, "unknown io 'epol'; nearest: epoll"),
        ({"link": "van"}, "unknown link 'van'; nearest: wan"),
        ({"fds": 0}, "fds of 'poll-n0-last' is 0; needed at least 1"),
        ({"waiters": 0}, "waiters of 'poll-n1-last' is 0; needed at least 1"),
        ({"fds": 3, "active": 4}, "makes 4 fds active and watches 3"),
    ],
)
def test_choices_and_numbers(values, words):
    with pytest.raises(UsageError) as caught:
        from_json({"model": "poll", **values})
    assert words in str(caught.value)


def test_a_phase_and_its_json():
    phase = from_json({"model": "poll", "fds": 40})
    assert phase == Phase(name="poll-n40-last", model="poll", fds=40)
    assert from_json(to_json(phase)) == phase


def test_every_field_is_of_one_kind():
    """A text is one of several choices, a number has a minimum, the rest are true or false."""
    texts = {name for name, value in DEFAULTS.items() if isinstance(value, str)}
    flags = {name for name, value in DEFAULTS.items() if isinstance(value, bool)}
    assert texts == set(CHOICES)
    assert set(DEFAULTS) - texts - flags == set(MINIMA)
