"""Empty programs in place of ours: what the kernel's own part of tracing costs.

Nothing can cost less than a program that returns at once. Standard library only: the lab's guests
import it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from tracer.bpf import breakpoint as hardware
from tracer.bpf.libbpf import Btf, Libbpf
from tracer.bpf.plan import KPROBE_PMU

_PERF_EVENT_IOC_SET_BPF: Final = 0x40042408
_PERF_EVENT_IOC_ENABLE: Final = 0x2400


@contextmanager
def empty_programs(points: Iterable[str]) -> Iterator[None]:
    """Attach an empty program at each of ``points`` (``fentry:sock_poll``)."""
    lib, fds = Libbpf(), []
    btf = lib.load_vmlinux_btf()
    try:
        for point in points:
            kind, _, symbol = point.partition(":")
            fds += _attach(lib, btf, kind, symbol)
        yield
    finally:
        for fd in reversed(fds):
            os.close(fd)
        lib.free_btf(btf)


def _attach(lib: Libbpf, btf: Btf, kind: str, symbol: str) -> list[int]:
    """Return the fds that keep it attached."""
    if kind == "breakpoint":
        program, address = lib.load_trivial(kind), hardware.address_of(symbol)
        events = [hardware.open_breakpoint(address, cpu) for cpu in hardware.online_cpus()]
        return [program, *(_run_at(event, program) for event in events)]
    if kind == "kprobe":
        name, pmu = ctypes.create_string_buffer(symbol.encode()), int(KPROBE_PMU.read_text())
        event = hardware.open_event(pmu, 0, config=(ctypes.addressof(name), 0))
        program = lib.load_trivial(kind)
        return [program, _run_at(event, program)]
    traced = kind in ("fentry", "fexit")
    program = lib.load_trivial(kind, lib.find_function(btf, symbol) if traced else 0)
    opened = ctypes.CDLL("libbpf.so.1", use_errno=True).bpf_raw_tracepoint_open(
        None if traced else symbol.encode(), program
    )
    if opened < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), symbol)
    return [program, opened]


def _run_at(event: int, program: int) -> int:
    fcntl.ioctl(event, _PERF_EVENT_IOC_SET_BPF, program)
    fcntl.ioctl(event, _PERF_EVENT_IOC_ENABLE)
    return event
