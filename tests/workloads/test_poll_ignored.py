"""poll ignores negative fds."""

from __future__ import annotations


def test_poll_ignores_what_is_negative(one):
    phase = one(model="poll-ignored", fds=40, rounds=5)
    assert phase["calls"] == {"poll": {"count": 5, "ret_sum": 0}}
    assert phase["active"] == []
