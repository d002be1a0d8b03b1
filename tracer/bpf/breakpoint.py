"""Execution breakpoints of the CPU, as perf events on every processor.

Some functions are left out by ftrace (no fentry), and kprobe events refuse what ftrace leaves out
(CONFIG_KPROBE_EVENTS_ON_NOTRACE is off in stock kernels): ``_copy_from_user`` and ``__put_user_*``,
which is assembly, on Debian's. A debug register catches them. There are four.

They are set on processors, not on the traced tasks: a task's are inherited, and copying one on a
kernel address needs CAP_SYS_ADMIN, so a server that has dropped its privileges could neither fork
nor start threads. The program determines whose hit it was.

A breakpoint is requested only where the kernel allows function tracing at all: on a locked-down
kernel it would circumvent the lockdown.

Source: kernel/events/hw_breakpoint.c, include/uapi/linux/perf_event.h; 6.1.
"""

from __future__ import annotations

import ctypes as c
import os
import struct
from pathlib import Path
from typing import Final

from tracer.shared import arch

_PERF_TYPE_BREAKPOINT: Final = 5
_HW_BREAKPOINT_X: Final = 4
_FLAG_CLOEXEC: Final = 8
_ATTR: Final = struct.Struct("<IIQQQQQIIQQ")
"""type, size, config, sample_period, sample_type, read_format, flags, wakeup_events, bp_type,
bp_addr, bp_len: struct perf_event_attr, PERF_ATTR_SIZE_VER1."""

_KALLSYMS: Final = Path("/proc/kallsyms")
_ONLINE: Final = Path("/sys/devices/system/cpu/online")
_addresses: dict[str, int] = {}


def address_of(symbol: str) -> int:
    """Return the address of a kernel function, 0 if there is none or it is hidden."""
    if symbol not in _addresses:
        needle = f" {symbol}\n".encode()
        with _KALLSYMS.open("rb") as file:
            _addresses[symbol] = next(
                (int(line.split()[0], 16) for line in file if line.endswith(needle)), 0
            )
    return _addresses[symbol]


def online_cpus(path: Path = _ONLINE) -> list[int]:
    """Return the numbers of the online processors: ``0-3,6`` is 0, 1, 2, 3 and 6."""
    ranges = (part.split("-") for part in path.read_text().strip().split(","))
    return [cpu for ends in ranges for cpu in range(int(ends[0]), int(ends[-1]) + 1)]


def open_event(pmu: int, cpu: int, *, bp_type: int = 0, config: tuple[int, int]) -> int:
    """Return a perf event that fires at every hit on ``cpu``, whoever runs there.

    ``config`` is config1 and config2, as its PMU wants them.

    Raises:
        OSError: the kernel refused it.
    """
    attributes = _ATTR.pack(pmu, _ATTR.size, 0, 1, 0, 0, 0, 0, bp_type, *config)
    number = arch.here().syscalls["perf_event_open"]
    libc = c.CDLL(None, use_errno=True)
    fd: int = libc.syscall(number, attributes, -1, cpu, -1, _FLAG_CLOEXEC)
    if fd < 0:
        raise OSError(c.get_errno(), os.strerror(c.get_errno()), "perf_event_open")
    return fd


def open_breakpoint(address: int, cpu: int) -> int:
    """Return a perf event that fires whenever ``cpu`` runs ``address``.

    Raises:
        OSError: the kernel refused it; ENOSPC: all debug registers are in use.
    """
    return open_event(
        _PERF_TYPE_BREAKPOINT,
        cpu,
        bp_type=_HW_BREAKPOINT_X,
        config=(address, arch.here().breakpoint_bytes),
    )


def refusal(symbol: str) -> str | None:
    """Try a breakpoint on one processor; return why the kernel refuses it, None if it does not."""
    if not arch.here().breakpoint_bytes:
        return "this architecture has no breakpoints that serve"
    address = address_of(symbol)
    if not address:
        return "no such function in /proc/kallsyms (inlined or absent)"
    try:
        os.close(open_breakpoint(address, online_cpus()[0]))
    except OSError as error:
        return f"{os.strerror(error.errno or 0)} when a breakpoint was set"
    return None
