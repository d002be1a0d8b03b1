"""Unmeasured processes get priority, only in a guest, and don't pass it on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tracer.workloads.limits import GUEST_VARIABLE

PROGRAM = """
import os
from tracer.workloads.priority import go_before_the_measured
go_before_the_measured()
child = os.fork()
print(os.sched_getscheduler(0), flush=True)
if child:
    os.waitpid(child, 0)
"""
NORMAL, FIRST = os.SCHED_OTHER, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK


def policies(**variables: str) -> set[int]:
    """Return the scheduling policies of a process with priority, and of its child."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | variables,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(map(int, done.stdout.split()))


def test_on_a_host_nothing_gets_priority() -> None:
    assert policies(**{GUEST_VARIABLE: "0"}) == {NORMAL}


@pytest.mark.live
def test_in_a_guest_children_start_without_priority() -> None:
    assert policies(**{GUEST_VARIABLE: "1"}) == {FIRST, NORMAL}
