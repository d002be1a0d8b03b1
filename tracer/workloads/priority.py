"""Priorities in a guest: tasks that are not measured run first. Standard library only."""

from __future__ import annotations

import os
from typing import Final

from tracer.workloads import limits

_LOWEST: Final = os.sched_param(1)


def go_before_the_measured() -> None:
    """In a guest, give this process real-time priority; its children start without it.

    A kernel that preempts probes (from 6.18 on) may suspend a task inside one, and skips the probe
    for all other tasks on that CPU until the task continues. If a measured server preempts such a
    task, runs for the server's calls are missed; with these priorities only the unmeasured task's
    own can be.
    """
    if limits.in_guest():
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, _LOWEST)
