"""The rules of phases that go over a link, and of servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tracer.shared.errors import UsageError
from tracer.shared.say import say

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
    found = say("{name!r} goes over a {link}", name=phase.name, link=phase.link)
    if phase.link != "loopback" and phase.fd_kind != "tcp":
        raise UsageError(
            say(
                "{found} with fds of kind {fd_kind}; use fd_kind tcp",
                found=found,
                fd_kind=phase.fd_kind,
            )
        )
    shape = (phase.link_delay_ms, phase.link_jitter_ms, phase.link_loss_percent)
    if phase.link != "wan" and any(shape):
        raise UsageError(
            say("{found}, which has no delay, jitter or loss of its own; use link wan", found=found)
        )
    if phase.link_jitter_ms > phase.link_delay_ms:
        raise UsageError(
            say(
                "{found} with {link_jitter_ms} ms of jitter on {link_delay_ms} ms; lower "
                "link_jitter_ms",
                found=found,
                link_jitter_ms=phase.link_jitter_ms,
                link_delay_ms=phase.link_delay_ms,
            )
        )
    if phase.link_loss_percent > _MOST_LOSS_PERCENT:
        raise UsageError(
            say(
                "{found} that loses {link_loss_percent} % of its packets; at most "
                "{most_loss_percent}",
                found=found,
                link_loss_percent=phase.link_loss_percent,
                most_loss_percent=_MOST_LOSS_PERCENT,
            )
        )


def _check_server(phase: Phase) -> None:
    found = f"{phase.name!r}"
    if phase.fd_kind != "tcp":
        raise UsageError(
            say(
                "{found} has connections of kind tcp, not {fd_kind}",
                found=found,
                fd_kind=phase.fd_kind,
            )
        )
    if phase.waker == "none":
        raise UsageError(
            say("{found} has no client that asks; use waker before or while-asleep", found=found)
        )
    if phase.io == "nonblocking" and phase.waker == "while-asleep":
        raise UsageError(
            say("{found} by io nonblocking never sleeps; use waker before", found=found)
        )
