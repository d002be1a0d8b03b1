"""What is run to decide the claims: phases for the workloads, as data.

The numbers are small since a guest runs under emulation, and prime since a count that comes
out as 23 is no accident. ``mux`` sets the fds' number against the place of the ready one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.errors import unknown_name

PhaseSpec = Mapping[str, Any]
"""One phase as ``tracer.workloads.spec`` takes it."""


@dataclass(frozen=True)
class Experiment:
    """One recording: its phases, the detail it needs, the hooks that matter most to it.

    ``hooks`` says what is worth recording for; a claim's own ``needs`` decide what it can do
    without (``waits`` is of use with the tracepoints alone).
    """

    id: str
    phases: tuple[PhaseSpec, ...]
    detail: str
    hooks: tuple[str, ...]


def _asleep(model: str, fds: int, position: str, rounds: int) -> PhaseSpec:
    name = f"{model}-n{fds}-{position}-asleep"
    return {
        "name": name, "model": model, "fds": fds, "position": position, "rounds": rounds,
        "waker": "while-asleep",
    }  # fmt: skip


def _ready(model: str, fds: int, position: str, rounds: int, active: int = 1) -> PhaseSpec:
    name = f"{model}-n{fds}-{position}-a{active}"
    return {
        "name": name, "model": model, "fds": fds, "position": position, "rounds": rounds,
        "active": active,
    }  # fmt: skip


def _unready(model: str, fds: int, rounds: int, timeout_ms: int) -> PhaseSpec:
    name = f"{model}-n{fds}-timeout{timeout_ms}"
    return {
        "name": name, "model": model, "fds": fds, "rounds": rounds, "waker": "none",
        "timeout_ms": timeout_ms,
    }  # fmt: skip


def _blocking(fd_kind: str) -> PhaseSpec:
    name = f"blocking-{fd_kind}"
    return {
        "name": name, "model": "blocking", "fd_kind": fd_kind, "rounds": 7,
        "waker": "while-asleep",
    }  # fmt: skip


def _nonblocking(fd_kind: str) -> PhaseSpec:
    return {"name": f"nonblocking-{fd_kind}", "model": "nonblocking", "fd_kind": fd_kind}


def _elsewhere(fd_kind: str) -> PhaseSpec:
    """Return a phase whose data comes from another process while its waiter is in no read."""
    name = f"nonblocking-{fd_kind}-elsewhere"
    return {
        "name": name, "model": "nonblocking", "fd_kind": fd_kind, "rounds": 5,
        "waker": "while-asleep",
    }  # fmt: skip


WAITS: Final = Experiment(
    id="waits",
    phases=(
        *(_blocking(kind) for kind in ("tcp", "unix", "pipe")),
        *(_nonblocking(kind) for kind in ("tcp", "unix", "pipe")),
        *(_elsewhere(kind) for kind in ("tcp", "unix", "pipe")),
    ),
    detail="calls",
    hooks=("sys_enter", "sys_exit", "sched_switch", "sched_waking", "prepare_to_wait"),
)

_MODELS: Final = ("select", "poll")

MUX: Final = Experiment(
    id="mux",
    phases=(
        # First of all, while the process's fd table has its smallest size: select clamps n to it.
        {"name": "select-raw-n11", "model": "select-raw", "fds": 11, "rounds": 5},
        *(_asleep(model, 41, place, 5) for model in _MODELS for place in ("first", "last")),
        *(_unready(model, 41, 3, 50) for model in _MODELS),
        *(_unready(model, 41, 11, 0) for model in _MODELS),
        *(
            _ready(model, fds, place, 11)
            for model in _MODELS
            for fds in (11, 101, 211)
            for place in ("first", "middle", "last")
        ),
    ),
    detail="steps",
    hooks=("sock_poll", "__pollwait", "add_wait_queue", "remove_wait_queue", "pollwake",
           "schedule_hrtimeout_range", "_copy_from_user"),
)  # fmt: skip

EPOLL_LIFE: Final = Experiment(
    id="epoll-life",
    phases=(
        _asleep("epoll", 41, "middle", 11),
        _ready("epoll", 41, "last", 23, active=7),
        _ready("epoll", 211, "middle", 23),
        _unready("epoll", 41, 3, 50),
        _ready("poll", 41, "last", 5),
        _asleep("poll", 41, "last", 3),
        {"name": "epoll-memory", "model": "epoll-memory"},
    ),
    detail="steps",
    hooks=("sock_poll", "ep_ptable_queue_proc", "add_wait_queue", "remove_wait_queue",
           "ep_poll_callback", "ep_autoremove_wake_function", "schedule_hrtimeout_range",
           "_copy_from_user", "__put_user_nocheck_4", "__put_user_nocheck_8"),
)  # fmt: skip

EXPERIMENTS: Final = (WAITS, MUX, EPOLL_LIFE)


def experiment(name: str) -> Experiment:
    """Return the experiment called ``name``; UsageError names the nearest if there is none."""
    for each in EXPERIMENTS:
        if each.id == name:
            return each
    raise unknown_name("experiment", name, [each.id for each in EXPERIMENTS])
