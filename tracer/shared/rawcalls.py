"""System calls by number: those for which neither Python nor glibc has a function."""

from __future__ import annotations

import ctypes
import errno
from typing import Any

from tracer.shared import arch
from tracer.shared.libc import LIBC, result


def syscall(name: str, *arguments: int) -> int:
    """Make the system call ``name`` and return its result, -errno where it failed.

    Args:
        name: one that ``tracer.shared.arch`` has the number of.
        arguments: whole numbers; memory by its address.
    """
    number = ctypes.c_long(arch.here().syscalls[name])
    return result(LIBC.syscall(number, *map(ctypes.c_long, arguments)))


def refusal(call: str, ret: int) -> dict[str, Any]:
    """Return the truth's entry for ``call``, which the kernel refused with -errno ``ret``."""
    return {"call": call, "errno": -ret, "errno_name": errno.errorcode.get(-ret, "?")}
