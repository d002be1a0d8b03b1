"""Each kind of fd carries what is written to it."""

from __future__ import annotations

import pytest

KINDS = ["unix", "tcp", "pipe", "eventfd"]


@pytest.mark.parametrize("model", ["select", "poll", "epoll", "blocking", "nonblocking"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_the_bytes_written(one, model, kind):
    phase = one(model=model, fds=3, waker="before", fd_kind=kind, rounds=5)
    assert phase["results"]["bytes_read"] == 5 * (8 if kind == "eventfd" else 1)
