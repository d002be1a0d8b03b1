"""What is run to decide the claims: phases for the workloads, as data.

The numbers are small since a guest runs under emulation, and prime since a count that comes
out as 23 is no accident. ``mux`` sets the fds' number against the place of the ready one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def asleep(model: str, fds: int, position: str, rounds: int) -> PhaseSpec:
    """Return a phase whose fd becomes ready while its waiter sleeps in the call."""
    name = f"{model}-n{fds}-{position}-asleep"
    return {
        "name": name, "model": model, "fds": fds, "position": position, "rounds": rounds,
        "waker": "while-asleep",
    }  # fmt: skip


def ready(model: str, fds: int, position: str, rounds: int, active: int = 1) -> PhaseSpec:
    """Return a phase whose active fds are ready before each call."""
    name = f"{model}-n{fds}-{position}-a{active}"
    return {
        "name": name, "model": model, "fds": fds, "position": position, "rounds": rounds,
        "active": active,
    }  # fmt: skip


def unready(model: str, fds: int, rounds: int, timeout_ms: int) -> PhaseSpec:
    """Return a phase in which nothing gets ready until the timeout."""
    name = f"{model}-n{fds}-timeout{timeout_ms}"
    return {
        "name": name, "model": model, "fds": fds, "rounds": rounds, "waker": "none",
        "timeout_ms": timeout_ms,
    }  # fmt: skip
