"""Calls that are woken for what they do not watch."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Experiment, PhaseSpec

_MODELS: Final = ("select", "poll", "epoll")


def _spurious(model: str, fd_kind: str) -> PhaseSpec:
    """Return a phase with noise, which wakes a unix socket's waiter and not an eventfd's."""
    return {
        "name": f"{model}-spurious-{fd_kind}", "model": f"{model}-spurious", "fd_kind": fd_kind,
        "rounds": 3, "spurious": 7, "delay_ms": 1,
    }  # fmt: skip


SPURIOUS: Final = Experiment(
    id="spurious",
    phases=(
        *(_spurious(model, kind) for model in _MODELS for kind in ("unix", "eventfd")),
    ),
    detail="steps",
)  # fmt: skip
