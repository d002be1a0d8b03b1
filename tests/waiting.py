"""Waiting for another process, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
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


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended; it may be a zombie that nobody reaps."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
