"""Which fields of a phase can be combined, whatever its workload."""

from __future__ import annotations

from typing import Final

from tracer.shared.errors import UsageError
from tracer.shared.message import message
from tracer.shared.phase import Phase

_MOST_LOSS_PERCENT: Final = 50
"""Beyond that TCP gives up, or takes minutes."""

_NOISE_BYTES: Final = 63
"""As many bytes as one read takes (``fds.READ_BYTES``), less one."""


def check(phase: Phase) -> None:
    """Raise UsageError if fields of ``phase`` contradict each other."""
    _check_rearm(phase)
    _check_spurious(phase)
    _check_leave(phase)
    _check_link(phase)
    _check_shape(phase)


def _check_rearm(phase: Phase) -> None:
    if phase.trigger == "exclusive" and phase.rearm == "mod":
        raise UsageError("EPOLLEXCLUSIVE allows no EPOLL_CTL_MOD; use rearm del-add or none")
    if phase.trigger == "edge" and not phase.drain and phase.rearm != "none":
        raise UsageError(
            message(
                "{name!r} leaves data behind and rearms: every rearm is a new event; set drain "
                "true or rearm none",
                name=phase.name,
            )
        )


def _check_spurious(phase: Phase) -> None:
    if phase.spurious > _NOISE_BYTES:
        raise UsageError(
            message(
                "{name!r} has {spurious} spurious wakeups, and one read undoes {noise_bytes} at "
                "most; lower spurious",
                name=phase.name,
                spurious=phase.spurious,
                noise_bytes=_NOISE_BYTES,
            )
        )


def _check_leave(phase: Phase) -> None:
    if phase.leave and phase.rounds > phase.waiters:
        raise UsageError(
            message(
                "{name!r} has {rounds} events and {waiters} waiters that leave after one each; "
                "lower rounds or raise waiters",
                name=phase.name,
                rounds=phase.rounds,
                waiters=phase.waiters,
            )
        )


def _check_link(phase: Phase) -> None:
    found = _over(phase)
    if phase.link != "loopback" and phase.fd_kind != "tcp":
        raise UsageError(
            message(
                "{found} with fds of kind {fd_kind}; use fd_kind tcp",
                found=found,
                fd_kind=phase.fd_kind,
            )
        )
    shape = (phase.link_delay_ms, phase.link_jitter_ms, phase.link_loss_percent)
    if phase.link != "wan" and any(shape):
        raise UsageError(
            message(
                "{found}, which has no delay, jitter or loss of its own; use link wan", found=found
            )
        )


def _check_shape(phase: Phase) -> None:
    found = _over(phase)
    if phase.link_jitter_ms > phase.link_delay_ms:
        raise UsageError(
            message(
                "{found} with {link_jitter_ms} ms of jitter on {link_delay_ms} ms; lower "
                "link_jitter_ms",
                found=found,
                link_jitter_ms=phase.link_jitter_ms,
                link_delay_ms=phase.link_delay_ms,
            )
        )
    if phase.link_loss_percent > _MOST_LOSS_PERCENT:
        raise UsageError(
            message(
                "{found} that loses {link_loss_percent} % of its packets; at most "
                "{most_loss_percent}",
                found=found,
                link_loss_percent=phase.link_loss_percent,
                most_loss_percent=_MOST_LOSS_PERCENT,
            )
        )


def _over(phase: Phase) -> str:
    return message("{name!r} goes over a {link}", name=phase.name, link=phase.link)
