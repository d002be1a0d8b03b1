"""Waiting for another process, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE_S = 180.0
"""How long something quick may take; only failures wait that long."""
_CHECK_AGAIN_S = 0.01


def wait_for(condition: Callable[[], Found], seconds: float = PATIENCE_S) -> Found:
    """Wait until ``condition()`` is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(_CHECK_AGAIN_S)
    return found


def states(pids: Iterable[int]) -> dict[str, str]:
    """Return by tid the state of each task of processes, with how often it left the CPU."""
    found = {}
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                lines = (task / "status").read_text().splitlines()
                found[task.name] = "\n".join(
                    line for line in lines if line.startswith("State:") or "ctxt_switches" in line
                )
    return found


def asleep_at_once(*pids: int) -> int:
    """Return how many tasks processes have if all of them sleep at the same moment, else 0."""
    before = states(pids)
    all_sleep = all("State:\tS" in state for state in before.values())
    # A task that ran between the two readings has another number of switches.
    return len(before) if all_sleep and states(pids) == before else 0


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended; it may be a zombie that nobody reaps."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
