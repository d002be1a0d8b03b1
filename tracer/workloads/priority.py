"""Which tasks run first in a guest: those that are not measured. Standard library only."""

from __future__ import annotations

import os
from typing import Final

from tracer.workloads import limits

_LOWEST: Final = os.sched_param(1)


def go_before_the_measured() -> None:
    """In a guest, give this process real-time priority; its children begin without.

    A kernel that preempts probes (from 6.18 on) may suspend a task inside one, and skips the
    probe for all other tasks on that CPU until the task has gone on. One that is suspended by a
    server that is measured costs the server its calls; the other way round it is only its own
    that are missed.
    """
    if limits.in_guest():
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, _LOWEST)
