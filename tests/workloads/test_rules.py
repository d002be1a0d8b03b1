"""Contradictory fields are refused with a helpful error."""

from __future__ import annotations

import pytest

from tracer.shared.errors import UsageError
from tracer.workloads import spec


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"model": "epoll", "trigger": "exclusive", "rearm": "mod"}, "use rearm del-add"),
        (
            {"model": "epoll", "trigger": "edge", "drain": False, "rearm": "mod"},
            "every rearm is a new event; set drain true or rearm none",
        ),
        ({"model": "poll-spurious", "spurious": 64}, "one read undoes 63 at most; lower spurious"),
        ({"model": "poll-herd", "leave": True, "rounds": 4}, "lower rounds or raise waiters"),
        ({"model": "poll", "link": "lan"}, "over a lan with fds of kind unix; use fd_kind tcp"),
        ({"model": "server", "link": "lan", "link_delay_ms": 5}, "use link wan"),
        ({"model": "poll", "link_delay_ms": 5}, "use link wan"),
        (
            {"model": "server", "link": "wan", "link_delay_ms": 5, "link_jitter_ms": 6},
            "6 ms of jitter on 5 ms; lower link_jitter_ms",
        ),
        ({"model": "server", "link": "wan", "link_loss_percent": 51}, "loses 51 % of its packets"),
    ],
)
def test_contradiction(entry, words):
    with pytest.raises(UsageError) as caught:
        spec.parse([entry])
    assert words in str(caught.value)
