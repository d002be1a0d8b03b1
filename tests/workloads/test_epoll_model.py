"""epoll adds each fd once, and again only if the phase re-arms it."""

from __future__ import annotations

import pytest

ONCE = {"count": 23, "ret_sum": 23}


def test_epoll_adds_each_fd_in_the_phase(one):
    calls = one(model="epoll", fds=40, active=3, position="middle")["calls"]
    assert calls["epoll_create"]["count"] == 1
    assert calls["epoll_ctl"] == {"count": 40, "ret_sum": 0}
    assert calls["epoll_wait"] == {"count": 23, "ret_sum": 69}


@pytest.mark.parametrize(
    ("fields", "ctls"),
    [
        ({"trigger": "edge"}, 5),
        ({"trigger": "exclusive"}, 5),
        ({"trigger": "oneshot"}, 5 + 23),
        ({"trigger": "level", "rearm": "mod"}, 5 + 23),
        ({"trigger": "level", "rearm": "del-add"}, 5 + 46),
        ({"trigger": "oneshot", "rearm": "del-add"}, 5 + 46),
        ({"trigger": "edge", "drain": False}, 5),
        ({"trigger": "level", "drain": False}, 5),
    ],
)
def test_epoll_triggers(one, fields, ctls):
    calls = one(model="epoll", fds=5, **fields)["calls"]
    assert calls["epoll_wait"] == ONCE
    assert calls["epoll_ctl"]["count"] == ctls
