"""Signal-driven I/O, AIO poll, io_uring poll: what each queues on an fd, and who completes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from analysis.experiments.experiment import Experiment, PhaseSpec


def _both(model: str, name: str, **more: Any) -> Iterator[PhaseSpec]:
    """Yield two phases: the fds get ready before the waiter waits, and while it sleeps."""
    common = {"model": model, "fds": 7, "active": 3, **more}
    yield {"name": f"{name}-before", "rounds": 11, "waker": "before", **common}
    yield {"name": f"{name}-asleep", "rounds": 5, "waker": "while-asleep", **common}


ASYNC_IO: Final = Experiment(
    id="async-io",
    phases=(
        *_both("sigio", "sigio"),
        *_both("aio-poll", "aio"),
        *_both("io-uring", "oneshot", shot="oneshot"),
        *_both("io-uring", "multishot", shot="multishot"),
    ),
    detail="steps",
)  # fmt: skip
