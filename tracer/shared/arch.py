"""The architectures that tracer knows: one row each. Nothing else in Python names one.

The C side of a row is ``probes/arch/KERNEL.h``. Standard library only: the lab's guests import
it, and ``scripts/setup`` asks it before there is anything else::

    /usr/bin/python3 -m tracer.shared.arch qemu_package headers_package
"""

from __future__ import annotations

import functools
import platform
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tracer.shared.errors import KernelError, TracerError
from tracer.shared.message import message


@dataclass(frozen=True)
class PackedAt:
    """Which bytes of an image's header give offset and length of the packed kernel."""

    setup_sectors: int
    """A byte: how many sectors of setup code precede the rest, besides the first; 0 means 4."""
    offset: int
    """Four bytes: its offset from the end of the setup code; the next four are its length."""


@dataclass(frozen=True)
class ImageFormat:
    """How a kernel image is recognised, and where it says its release."""

    name: str
    magic: bytes
    magic_at: int
    version_at: int | None
    """Position of two bytes that give the offset of the version string from byte 512; None: the
    image is not packed, and has its banner ("Linux version …", init/version.c) somewhere.
    """
    packed: PackedAt | None = None
    """Where the header locates the packed kernel; None: the image is not packed."""


@dataclass(frozen=True)
class Arch:
    """What differs between architectures."""

    machine: str
    """What ``uname -m`` says, and the compiler's ``__…__``."""
    kernel: str
    """The kernel's directory below ``arch/``, and libbpf's ``__TARGET_ARCH_…``."""
    debian: str
    """What Debian calls it: the end of a release's name, apt's ``arch=``."""
    triplet: str
    """Debian's directory of this architecture's headers, below /usr/include."""
    qemu: str
    qemu_package: str
    board: str
    """QEMU's machine type on which KVM is tried."""
    console: str
    """The kernel's first serial port on that board."""
    emulated: tuple[str, ...]
    """Kernel parameters under emulation."""
    image: ImageFormat
    breakpoint_bytes: int
    """Length of an execution breakpoint (bp_len); 0: the CPU has no usable ones."""
    epoll_event: struct.Struct
    """``struct epoll_event``: events and data (include/uapi/linux/eventpoll.h, EPOLL_PACKED)."""
    elf_machine: int
    """What an ELF header calls it (EM_*, include/uapi/linux/elf-em.h)."""
    exits: bytes
    """Machine code for exit(0)."""
    syscalls: Mapping[str, int]
    """Number of each system call that is traced or made by number; an absent one does not exist on
    this architecture.
    """

    @property
    def clang_flags(self) -> str:
        """Flags for clang when it compiles for BPF, which does not imply an architecture."""
        return f"-D__TARGET_ARCH_{self.kernel} -D__{self.machine}__ {self.clang_includes}"

    @property
    def clang_includes(self) -> str:
        """Flags by which clang finds this architecture's headers: the system's, and ours."""
        return f'-I/usr/include/{self.triplet} -DARCH_HEADER="arch/{self.kernel}.h"'

    @property
    def headers_package(self) -> str:
        """Debian's package of the newest kernel's headers."""
        return f"linux-headers-{self.debian}"


# Loads and stores keep their order: tracer/shared/uring_ring.py relies on that.
_X86_64: Final = Arch(
    machine="x86_64",
    kernel="x86",
    debian="amd64",
    triplet="x86_64-linux-gnu",
    qemu="qemu-system-x86_64",
    qemu_package="qemu-system-x86",
    board="q35",
    console="ttyS0",
    # On a busy machine it may see no tick for so long that it gives up; KVM guests don't check
    # (6.1: arch/x86/kernel/apic/io_apic.c check_timer()).
    emulated=("no_timer_check",),
    # Documentation/arch/x86/boot.rst
    image=ImageFormat(
        "bzImage", magic=b"HdrS", magic_at=0x202, version_at=0x20E, packed=PackedAt(0x1F1, 0x248)
    ),
    breakpoint_bytes=8,
    epoll_event=struct.Struct("<IQ"),
    elf_machine=62,
    exits=bytes.fromhex("b83c00000031ff0f05"),  # mov eax, 60; xor edi, edi; syscall
    # arch/x86/entry/syscalls/syscall_64.tbl (6.12); numbers never change
    syscalls={
        "read": 0, "write": 1, "open": 2, "close": 3, "poll": 7, "lseek": 8, "readv": 19,
        "writev": 20, "select": 23, "nanosleep": 35, "sendfile": 40, "connect": 42, "accept": 43,
        "sendto": 44, "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "wait4": 61, "fcntl": 72,
        "flock": 73, "fsync": 74, "fdatasync": 75, "rt_sigtimedwait": 128, "futex": 202,
        "io_setup": 206, "io_destroy": 207, "io_getevents": 208, "io_submit": 209,
        "epoll_create": 213, "restart_syscall": 219, "clock_nanosleep": 230, "epoll_wait": 232,
        "epoll_ctl": 233, "waitid": 247, "openat": 257, "pselect6": 270, "ppoll": 271,
        "splice": 275, "epoll_pwait": 281, "accept4": 288, "epoll_create1": 291,
        "perf_event_open": 298, "recvmmsg": 299, "syncfs": 306, "sendmmsg": 307,
        "userfaultfd": 323, "io_pgetevents": 333, "io_uring_setup": 425, "io_uring_enter": 426,
        "openat2": 437, "epoll_pwait2": 441,
    },
)  # fmt: skip

ARCHITECTURES: Final = (_X86_64,)


def of(machine: str) -> Arch:
    """Return the row of a machine, named as ``uname -m`` does.

    Raises:
        KernelError: there is no such row.
    """
    for arch in ARCHITECTURES:
        if arch.machine == machine:
            return arch
    raise KernelError(
        message(
            "tracer does not know the architecture {machine}; needed: {known}",
            machine=machine,
            known=", ".join(arch.machine for arch in ARCHITECTURES),
        )
    )


@functools.cache
def here() -> Arch:
    """Return the row of the machine that this runs on.

    Raises:
        KernelError: tracer does not know it.
    """
    return of(platform.machine())


def main(fields: list[str]) -> int:
    """Print fields of this machine's row, a line each, for scripts."""
    try:
        for field in fields:
            print(getattr(here(), field))
    except TracerError as error:
        print(f"tracer: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
