"""The boot clock as programs in the kernel read it. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

NS_PER_US: Final = 1000
NS_PER_MS: Final = 1_000_000
_OFFSETS: Final = Path("/proc/self/timens_offsets")


def boot_ns() -> int:
    """Return ns of the boot clock, the clock of all records.

    bpf_ktime_get_boot_ns() ignores time namespaces; clock_gettime() in one adds its offset. Source:
    kernel/time/namespace.c, proc_timens_show_offsets(), since 5.6.
    """
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - _offset_ns()


def boot_clock() -> Callable[[], int]:
    """Return `boot_ns` for frequent use: the namespace's offset never changes and is read once."""
    offset_ns = _offset_ns()
    return lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) - offset_ns


def _offset_ns() -> int:
    try:
        lines = _OFFSETS.read_text().splitlines()
    except OSError:  # a kernel without time namespaces, or no /proc
        return 0
    for line in lines:
        clock, seconds, nanoseconds = line.split()
        if clock == "boottime":
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return 0
