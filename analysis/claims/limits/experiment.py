"""How far select and epoll go: large fd numbers, and many watched fds."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Experiment, PhaseSpec


def _select_raw(fds: int, position: str) -> PhaseSpec:
    name = f"select-raw-n{fds}-{position}"
    return {
        "name": name, "model": "select-raw", "fds": fds, "fd_kind": "eventfd",
        "position": position, "rounds": 5,
    }  # fmt: skip


LIMITS: Final = Experiment(
    id="limits",
    phases=(
        # First of all: it tries fd numbers, none of which may be open.
        {"name": "select-limit", "model": "select-limit"},
        _select_raw(1103, "last"),
        _select_raw(2111, "last"),
        _select_raw(2111, "first"),
        {"name": "epoll-limits", "model": "epoll-limits", "fds": 1201},
    ),
    detail="calls",
)
