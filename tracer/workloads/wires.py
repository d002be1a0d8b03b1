"""The link of a phase. The helper that makes links is started once for all phases."""

from __future__ import annotations

from typing import Final

from tracer.net.link import ON_LOOPBACK, Helper, Link
from tracer.shared.phase import Phase

_running: Final[list[Helper]] = []


def join(phase: Phase) -> Link:
    """Return what the connections of ``phase`` are to go over. Raises WorkloadError."""
    if phase.link == "loopback":
        return ON_LOOPBACK
    if not _running:
        _running.append(Helper())
    return _running[0].join()


def shape(phase: Phase, link: Link) -> Link:
    """Delay what goes over ``link`` as ``phase`` says, once the connections are there.

    Earlier, each of a thousand handshakes would take its round trip. Raises WorkloadError.
    """
    if phase.link != "wan":
        return link
    return _running[0].shape(
        link, phase.link_delay_ms, phase.link_jitter_ms, phase.link_loss_percent
    )


def end() -> None:
    """End the helper, if there is one."""
    while _running:
        _running.pop().end()


def told(phase: Phase, link: Link) -> dict[str, object]:
    """Return what the truth says of ``link``: {} on loopback."""
    if phase.link == "loopback":
        return {}
    return {"link": {"address": link.address, "queueing": list(link.queueing)}}
