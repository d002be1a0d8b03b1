"""Capabilities: which this process has, which recording needs, and how to give them up.

Source: include/uapi/linux/capability.h, kernel/capability.c; 6.1. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Collection
from pathlib import Path
from typing import Final

KILL, SETGID, SETUID, SYS_PTRACE, SYS_ADMIN, SYSLOG, PERFMON, BPF = 5, 6, 7, 19, 21, 34, 38, 39
NAMES: Final = {
    BPF: "CAP_BPF",
    PERFMON: "CAP_PERFMON",
    SYSLOG: "CAP_SYSLOG",
    SYS_PTRACE: "CAP_SYS_PTRACE",
    SETUID: "CAP_SETUID",
    SETGID: "CAP_SETGID",
    KILL: "CAP_KILL",
    SYS_ADMIN: "CAP_SYS_ADMIN",
}
NEEDED: Final = (BPF, PERFMON)
"""To load and attach the probes; CAP_SYS_ADMIN includes both."""
_STATUS: Final = Path("/proc/thread-self/status")
_VERSION_3: Final = 0x20080522
_HEADER: Final = struct.Struct("<Ii")
_DATA: Final = struct.Struct("<6I")
"""effective, permitted and inheritable, the lower halves, then the upper."""


def held(status: Path = _STATUS) -> frozenset[int]:
    """Return the numbers of this thread's effective capabilities."""
    lines = status.read_text().splitlines()
    mask = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    return frozenset(bit for bit in range(mask.bit_length()) if mask >> bit & 1)


def missing(have: Collection[int]) -> tuple[str, ...]:
    """Return the names of the capabilities that recording needs and ``have`` lacks."""
    if SYS_ADMIN in have:
        return ()
    return tuple(NAMES[each] for each in NEEDED if each not in have)


def keep_only(kept: Collection[int]) -> None:
    """Give up, for this thread and for good, all capabilities but ``kept``.

    Programs executed after this have what their files and their user give them.

    Raises:
        OSError: the kernel refused it.
    """
    mask = sum(1 << bit for bit in held() & frozenset(kept))
    low, high = mask & 0xFFFF_FFFF, mask >> 32
    header = ctypes.create_string_buffer(_HEADER.pack(_VERSION_3, 0))
    data = ctypes.create_string_buffer(_DATA.pack(low, low, 0, high, high, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(header, data):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "capset")
