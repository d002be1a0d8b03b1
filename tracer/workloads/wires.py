"""The link of a phase. The helper that makes links is started once for all phases."""

from __future__ import annotations

from typing import Final

from tracer.net.link import ON_LOOPBACK, Helper, Link
from tracer.shared.phase import Phase

_running: Final[list[Helper]] = []


def join(phase: Phase) -> Link:
    """Return the link for the connections of ``phase``. Raises WorkloadError."""
    if phase.link == "loopback":
        return ON_LOOPBACK
    if not _running:
        _running.append(Helper())
    return _running[0].join()


def shape(phase: Phase, link: Link) -> Link:
    """Delay the packets on ``link`` as ``phase`` says, once the connections are there.

    Before that, each of a thousand handshakes would take a round trip. Raises WorkloadError.
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


def truth_of(phase: Phase, link: Link) -> dict[str, object]:
    """Return the truth's entry for ``link``: {} on loopback."""
    if phase.link == "loopback":
        return {}
    return {"link": {"address": link.address, "queueing": list(link.queueing)}}
