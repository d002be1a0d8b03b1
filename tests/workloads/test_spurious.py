"""A call that is woken for what it does not watch keeps waiting."""

from __future__ import annotations

import pytest

from tests.workloads.conftest import each_kind

ROUNDS = 3


@pytest.mark.parametrize("model", ["select", "poll", "epoll"])
@each_kind
def test_noise_ends_no_call(one, model, kind):
    phase = one(model=f"{model}-spurious", fd_kind=kind, rounds=ROUNDS, spurious=5, delay_ms=1)
    family = "epoll_wait" if model == "epoll" else model
    assert phase["calls"][family] == {"count": ROUNDS, "ret_sum": ROUNDS}
    noise, end = phase["fds"]
    assert phase["results"]["noise"] == noise
    assert phase["active"] == [end]
    assert phase["results"]["ready"] == [[end]] * ROUNDS
    read = 8 + 8 if kind == "eventfd" else 5 + 1
    assert phase["results"]["bytes_read"] == ROUNDS * read


def test_without_noise_a_call_is_ordinary(one):
    phase = one(model="poll-spurious", rounds=ROUNDS, spurious=0, delay_ms=1, fd_kind="eventfd",
                fds=3)  # fmt: skip
    assert phase["calls"]["poll"] == {"count": ROUNDS, "ret_sum": ROUNDS}
