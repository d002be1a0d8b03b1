"""One event per MOD."""

from __future__ import annotations

ROUNDS = 3


def test_oneshot_gives_one_event_per_mod(one):
    phase = one(model="epoll-oneshot", rounds=ROUNDS, delay_ms=1)
    oneshot, bell = phase["results"]["oneshot"], phase["results"]["bell"]
    assert phase["results"]["ready"] == [[oneshot], [bell], [oneshot]] * ROUNDS
    assert phase["calls"]["epoll_ctl"] == {"count": 2 + 2 * ROUNDS, "ret_sum": 0}
