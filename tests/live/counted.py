"""What a guest does while two instruments count it: ours, and bpftrace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Counted(NamedTuple):
    """A counted program: ``watched.py``, or, if it has phases, our workloads."""

    functions: tuple[str, ...]
    phases: tuple[Mapping[str, Any], ...] = ()


FDS, ACTIVE, ROUNDS = 7, 3, 23
FEW, SPURIOUS, WAITERS = 5, 7, 3
_OFTEN = {"fds": FDS, "active": ACTIVE, "rounds": ROUNDS}
_SELDOM = {"rounds": FEW, "delay_ms": 1}

COUNTED = {
    "watched": Counted(
        ("unix_poll", "__pollwait", "add_wait_queue", "ep_poll_callback", "pollwake"),
    ),
    # The waiter itself writes, so that every callback runs in the counted process.
    "async": Counted(
        ("io_poll_queue_proc", "io_poll_wake", "aio_poll_queue_proc", "aio_poll_wake",
         "send_sigio", "fasync_helper", "add_wait_queue"),
        ({"model": "sigio", **_OFTEN}, {"model": "aio-poll", **_OFTEN},
         {"model": "io-uring", **_OFTEN}, {"model": "io-uring", "shot": "multishot", **_OFTEN}),
    ),
    "modes": Counted(
        ("schedule_hrtimeout_range", "pollwake", "ep_poll_callback",
         "ep_autoremove_wake_function", "add_wait_queue_exclusive"),
        (*({"model": f"{model}-spurious", "spurious": SPURIOUS, **_SELDOM}
           for model in ("select", "poll", "epoll")),
         {"model": "poll-spurious", "name": "masked", "spurious": SPURIOUS, "fd_kind": "eventfd",
          **_SELDOM},
         {"model": "epoll-oneshot", **_SELDOM},
         {"model": "epoll-nested", "waker": "while-asleep", **_SELDOM},
         {"model": "epoll-herd", "trigger": "exclusive", "waiters": WAITERS, "rounds": FEW}),
    ),
}  # fmt: skip
