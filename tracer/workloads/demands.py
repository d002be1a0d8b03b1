"""Individual workloads' demands on a phase; their rows in the registry name these functions."""

from __future__ import annotations

from collections.abc import Callable

from tracer.shared.errors import UsageError
from tracer.shared.message import message, message_n
from tracer.shared.phase import Phase

Demand = Callable[[Phase], None]
"""Raises UsageError for a phase that the workload can't run."""


def at_least(fds: int) -> Demand:
    """Return the demand for at least so many watched fds."""

    def check(phase: Phase) -> None:
        if phase.fds < fds:
            raise UsageError(
                message_n(
                    "{model} has {count} fd; needed {least} or more",
                    "{model} has {count} fds; needed {least} or more",
                    model=phase.model,
                    count=phase.fds,
                    least=fds,
                )
            )

    return check


def no_trigger(*refused: str) -> Demand:
    """Return the demand for none of these as ``trigger``."""

    def check(phase: Phase) -> None:
        if phase.trigger in refused:
            raise UsageError(
                message(
                    "{model} has no trigger {trigger} (in {name!r})",
                    model=phase.model,
                    trigger=phase.trigger,
                    name=phase.name,
                )
            )

    return check


def data_for_a_read(phase: Phase) -> None:
    """Demand a waker: nothing else ends a blocking read."""
    if phase.waker == "none":
        raise UsageError(
            message(
                "{found}: a blocking read would never end; use while-asleep", found=_waker(phase)
            )
        )


def data_for_an_endless_wait(phase: Phase) -> None:
    """Demand a waker of a model whose wait has no timeout."""
    if phase.waker == "none":
        raise UsageError(
            message(
                "{found}: {model} would wait forever; use before or while-asleep",
                found=_waker(phase),
                model=phase.model,
            )
        )


def calls_that_end(phase: Phase) -> None:
    """Demand that each call with a timeout ends, and by what the phase says."""
    if phase.waker == "none" and phase.timeout_ms is None:
        raise UsageError(
            message(
                "{found} and no timeout: it would never end; set timeout_ms", found=_waker(phase)
            )
        )
    if phase.waker != "while-asleep":
        return
    if phase.timeout_ms is not None and phase.timeout_ms <= phase.delay_ms:
        raise UsageError(
            message(
                "{found} after {delay_ms} ms and timeout_ms {timeout_ms}: the call would end "
                "first; raise timeout_ms above delay_ms",
                found=_waker(phase),
                delay_ms=phase.delay_ms,
                timeout_ms=phase.timeout_ms,
            )
        )
    if not phase.drain and phase.trigger != "edge":
        raise UsageError(
            message(
                "{found} and drain false: the data of one round keeps the next from sleeping; "
                "set drain true or trigger edge",
                found=_waker(phase),
            )
        )


def fds_that_signal(phase: Phase) -> None:
    """Demand fds that support O_ASYNC."""
    if phase.fd_kind == "eventfd":
        raise UsageError("an eventfd sends no signal; use fd_kind unix, tcp or pipe for sigio")


def connections(phase: Phase) -> None:
    """Demand what a server needs: TCP, clients that ask, and a wait they can end."""
    found = f"{phase.name!r}"
    if phase.fd_kind != "tcp":
        raise UsageError(
            message(
                "{found} has connections of kind tcp, not {fd_kind}",
                found=found,
                fd_kind=phase.fd_kind,
            )
        )
    if phase.waker == "none":
        raise UsageError(
            message(
                "{found} has no client that sends requests; use waker before or while-asleep",
                found=found,
            )
        )
    if phase.io == "nonblocking" and phase.waker == "while-asleep":
        raise UsageError(
            message("{found} by io nonblocking never sleeps; use waker before", found=found)
        )


def _waker(phase: Phase) -> str:
    return message("{name!r} has waker {waker}", name=phase.name, waker=phase.waker)
