"""Each kind of fd carries what is written to it."""

from __future__ import annotations

import pytest

KINDS = ["unix", "tcp", "pipe", "eventfd"]
MODELS = ["epoll", "select", "poll", "blocking", "nonblocking"]
PAIRS = [
    pytest.param(
        kind, model, marks=pytest.mark.slow if kind != KINDS[0] and model != MODELS[0] else ()
    )
    for kind in KINDS
    for model in MODELS
]
"""Each kind and each model once, the other pairs in the slow tests."""


@pytest.mark.parametrize(("kind", "model"), PAIRS)
def test_each_kind_gives_the_bytes_written(one, kind, model):
    phase = one(model=model, fds=3, waker="before", fd_kind=kind, rounds=5)
    assert phase["results"]["bytes_read"] == 5 * (8 if kind == "eventfd" else 1)
