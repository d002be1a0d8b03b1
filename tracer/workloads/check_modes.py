"""The rules of the workloads that write to a script or have several waiters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tracer.errors import UsageError

if TYPE_CHECKING:
    from tracer.workloads.spec import Phase

WITH_A_SCRIPT: Final = ("select-naps", "poll-naps", "epoll-naps", "epoll-oneshot")
WITH_A_CROWD: Final = ("poll-crowd", "epoll-crowd", "epoll-shared-crowd")
_NOISE_BYTES: Final = 63
"""As many bytes as one read takes back (``fds.READ_BYTES``), one to spare."""


def check(phase: Phase) -> None:
    """Raise UsageError if ``phase`` is one of these and asks for what can't be."""
    if phase.model in WITH_A_SCRIPT:
        _check_script(phase)
    if phase.model in WITH_A_CROWD:
        _check_crowd(phase)


def _check_script(phase: Phase) -> None:
    if phase.fds < 2:
        raise UsageError(f"{phase.model} has {phase.fds} fd; needed 2 or more")
    if phase.naps > _NOISE_BYTES:
        raise UsageError(
            f"{phase.name!r} has {phase.naps} naps, and one read takes back {_NOISE_BYTES}; "
            f"lower naps"
        )


def _check_crowd(phase: Phase) -> None:
    shared = phase.model == "epoll-shared-crowd"
    if phase.trigger == "oneshot" or (shared and phase.trigger == "exclusive"):
        raise UsageError(f"{phase.model} has no trigger {phase.trigger} (in {phase.name!r})")
    if phase.leave and phase.rounds > phase.waiters:
        raise UsageError(
            f"{phase.name!r} has {phase.rounds} events and {phase.waiters} waiters that leave "
            f"after one each; lower rounds or raise waiters"
        )
