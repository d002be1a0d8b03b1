"""The rules of the workloads that write to a script or have several waiters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tracer.shared.errors import UsageError
from tracer.shared.say import say

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
        raise UsageError(
            say("{model} has {fds} fd; needed 2 or more", model=phase.model, fds=phase.fds)
        )
    if phase.naps > _NOISE_BYTES:
        raise UsageError(
            say(
                "{name!r} has {naps} naps, and one read takes back {noise_bytes}; lower naps",
                name=phase.name,
                naps=phase.naps,
                noise_bytes=_NOISE_BYTES,
            )
        )


def _check_crowd(phase: Phase) -> None:
    shared = phase.model == "epoll-shared-crowd"
    if phase.trigger == "oneshot" or (shared and phase.trigger == "exclusive"):
        raise UsageError(
            say(
                "{model} has no trigger {trigger} (in {name!r})",
                model=phase.model,
                trigger=phase.trigger,
                name=phase.name,
            )
        )
    if phase.leave and phase.rounds > phase.waiters:
        raise UsageError(
            say(
                "{name!r} has {rounds} events and {waiters} waiters that leave after one each; "
                "lower rounds or raise waiters",
                name=phase.name,
                rounds=phase.rounds,
                waiters=phase.waiters,
            )
        )
