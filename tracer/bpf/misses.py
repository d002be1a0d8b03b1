"""How often the kernel skipped a program, if it counts that (found by trying).

A program triggered while another runs is skipped. Trampolines count that
(bpf_prog_info.recursion_misses), breakpoints don't, kprobes only on newer kernels; and a zero that
nobody counted would pass for no misses. So a kprobe is made to miss: on a function that the kernel
calls while it keeps programs from running, as when user space updates a map.

Source: kernel/trace/bpf_trace.c trace_call_bpf(), kernel/events/core.c
bpf_overflow_handler(), kernel/bpf/syscall.c
bpf_map_update_value(); 6.1 and 6.12.
"""

from __future__ import annotations

import ctypes as c
import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tracer.bpf.breakpoint import open_event
from tracer.bpf.libbpf import Libbpf

_TYPE: Final = Path("/sys/bus/event_source/devices/kprobe/type")
_HELD_OFF: Final = b"array_map_update_elem"
_SET_BPF: Final = 0x40042408
_ENABLE: Final = 0x2400


Counts = Mapping[str, int | None]
"""Skipped runs by program; None: the kernel does not count them."""


def since(before: Counts, after: Counts) -> dict[str, int | None]:
    """Return the runs skipped between two readings; counts begin when a program is loaded."""
    return {
        program: None if count is None else count - (before.get(program) or 0)
        for program, count in after.items()
    }


class Misses:
    """Reads how often programs were skipped."""

    def __init__(self, lib: Libbpf) -> None:
        """Try nothing yet."""
        self._lib = lib
        self._kprobes: bool | None = None

    def of(self, kind: str, program_fd: int) -> int | None:
        """Return how often a program of a type was skipped; None: the kernel does not count."""
        if kind == "breakpoint" or (kind == "kprobe" and not self._kprobes_are_counted()):
            return None
        return self._lib.recursion_misses(program_fd)

    def _kprobes_are_counted(self) -> bool:
        if self._kprobes is None:
            try:
                self._kprobes = self._miss_one()
            except OSError:
                self._kprobes = False
        return self._kprobes

    def _miss_one(self) -> bool:
        fds = [self._lib.load_trivial("kprobe")]
        try:
            fds.append(_open_kprobe(_HELD_OFF))
            fcntl.ioctl(fds[1], _SET_BPF, fds[0])
            fcntl.ioctl(fds[1], _ENABLE)
            fds.append(self._lib.create_array("trial", 4))
            zero = c.c_uint32(0)
            self._lib.map_update(fds[2], zero, zero)
            return bool(self._lib.recursion_misses(fds[0]))
        finally:
            for fd in reversed(fds):
                os.close(fd)


def _open_kprobe(function: bytes) -> int:
    name = c.create_string_buffer(function)
    return open_event(int(_TYPE.read_text()), cpu=0, config=(c.addressof(name), 0))
