"""Tells whether other processes sleep, by their state in /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Final

CHECK_AGAIN_S: Final = 0.001
_STILL_THERE_S: Final = 0.1
_STAT_BYTES: Final = 1024
_ENDED: Final = (b"Z", b"X", b"x")
_STILL: Final = (b"S", *_ENDED)


def open_stat(pid: int) -> int:
    """Return an fd for the functions here; it stays valid when the process ends."""
    return os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)


def wait_until_asleep(stat_fd: int, has_ended: Callable[[], bool]) -> bool:
    """Return True once the process was seen asleep twice in a row, False once ``has_ended()``."""
    return wait_until_all_asleep([stat_fd], has_ended)


def wait_until_slept(stat_fd: int, delay_s: float, has_ended: Callable[[], bool]) -> bool:
    """Return True once the process was asleep for ``delay_s``, False as soon as ``has_ended()``."""
    if not wait_until_asleep(stat_fd, has_ended):
        return False
    end = time.monotonic() + delay_s
    while (left := end - time.monotonic()) > 0:
        if has_ended():
            return False
        time.sleep(min(left, _STILL_THERE_S))
    return True


def wait_until_all_asleep(stat_fds: Sequence[int], has_ended: Callable[[], bool]) -> bool:
    """Return True once all were seen asleep, or ended, twice in a row; False once ``has_ended()``.

    A process that a wakeup made runnable counts as awake from then on, before it runs.
    """
    seen = 0
    while seen < 2:
        if has_ended():
            return False
        still = all(_state(stat_fd) in _STILL for stat_fd in stat_fds)
        seen = seen + 1 if still else 0
        time.sleep(CHECK_AGAIN_S)
    return True


def has_ended(stat_fd: int) -> bool:
    """Return whether the process has ended, reaped or not."""
    return _state(stat_fd) in _ENDED


def _state(stat_fd: int) -> bytes:
    """Return the state letter: the field after the name, which may hold any character."""
    try:
        stat = os.pread(stat_fd, _STAT_BYTES, 0)
    except ProcessLookupError:
        return b"X"
    return stat[stat.rindex(b")") + 2 :][:1]
