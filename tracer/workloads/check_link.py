"""The rules of phases that go over a link, and of servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tracer.errors import UsageError

if TYPE_CHECKING:
    from tracer.workloads.spec import Phase

FIELDS: Final = frozenset({"link", "link_delay_ms", "link_jitter_ms", "link_loss_percent"})
"""What says how the packets of a phase travel."""

WAN_DEFAULTS: Final = {"link_delay_ms": 20, "link_jitter_ms": 2}
_MOST_LOSS_PERCENT: Final = 50
"""Beyond that TCP gives up, or takes minutes."""


def check(phase: Phase) -> None:
    """Raise UsageError if ``phase`` asks of a link or a server what can't be."""
    _check_link(phase)
    if phase.model == "server":
        _check_server(phase)


def _check_link(phase: Phase) -> None:
    found = f"{phase.name!r} goes over a {phase.link}"
    if phase.link != "loopback" and phase.fd_kind != "tcp":
        raise UsageError(f"{found} with fds of kind {phase.fd_kind}; use fd_kind tcp")
    shape = (phase.link_delay_ms, phase.link_jitter_ms, phase.link_loss_percent)
    if phase.link != "wan" and any(shape):
        raise UsageError(f"{found}, which has no delay, jitter or loss of its own; use link wan")
    if phase.link_jitter_ms > phase.link_delay_ms:
        raise UsageError(
            f"{found} with {phase.link_jitter_ms} ms of jitter on {phase.link_delay_ms} ms; "
            f"lower link_jitter_ms"
        )
    if phase.link_loss_percent > _MOST_LOSS_PERCENT:
        raise UsageError(
            f"{found} that loses {phase.link_loss_percent} % of its packets; at most "
            f"{_MOST_LOSS_PERCENT}"
        )


def _check_server(phase: Phase) -> None:
    found = f"{phase.name!r}"
    if phase.fd_kind != "tcp":
        raise UsageError(f"{found} has connections of kind tcp, not {phase.fd_kind}")
    if phase.waker == "none":
        raise UsageError(f"{found} has no client that asks; use waker before or while-asleep")
    if phase.io == "nonblocking" and phase.waker == "while-asleep":
        raise UsageError(f"{found} by io nonblocking never sleeps; use waker before")
