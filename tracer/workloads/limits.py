"""How many fds a phase needs, and whether this machine allows them."""

from __future__ import annotations

import os
import resource
from typing import Final

from tracer.shared.errors import UsageError
from tracer.shared.message import message
from tracer.shared.phase import Phase
from tracer.workloads.registry import fds_each, waits_by

SPARE_FDS: Final = 32
"""Standard streams, the epoll fd, the waker's pipe, and what was inherited."""

GUEST_VARIABLE: Final = "TRACER_GUEST"
"""Set to 1 by tracer.guest.inside only: there a setting of the machine may be changed."""

FD_SETSIZE: Final = 1024
"""glibc's select takes no fd from this number on (``bits/typesizes.h``); the kernel would."""


def in_guest() -> bool:
    """Tell whether this runs under tracer.guest.inside, in a machine that is ours."""
    return os.environ.get(GUEST_VARIABLE) == "1"


def needed_fds(phase: Phase) -> int:
    """Return one more than the highest fd number that ``phase`` may use."""
    return SPARE_FDS + phase.fds * fds_each(phase)


def check_fd_limit(phase: Phase) -> None:
    """Raise UsageError if ``phase`` needs more fds than the hard limit or glibc has room for."""
    needed = needed_fds(phase)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise UsageError(
            message(
                "{name!r} needs {needed} fds and the hard limit is {hard}; raise it "
                "(ulimit -Hn {needed}) or lower fds",
                name=phase.name,
                needed=needed,
                hard=hard,
            )
        )
    if waits_by(phase) == "select" and needed > FD_SETSIZE:
        room = (FD_SETSIZE - SPARE_FDS) // fds_each(phase)
        raise UsageError(
            message(
                "{name!r} needs fd numbers up to {needed} and glibc's select ends at {end}; "
                "at most {room} of kind {fd_kind}, eventfd has the most room",
                name=phase.name,
                needed=needed,
                end=FD_SETSIZE,
                room=room,
                fd_kind=phase.fd_kind,
            )
        )


def raise_fd_limit(phase: Phase) -> None:
    """Raise the soft limit of this process to what ``phase`` needs, and no further.

    A larger fd table would change how much a select with a large n copies.
    """
    needed = needed_fds(phase)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
