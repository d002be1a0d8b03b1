"""Blocking and non-blocking reads."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Experiment, PhaseSpec


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
)
