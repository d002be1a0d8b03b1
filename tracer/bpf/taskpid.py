"""Finds the offset of ``pid`` in ``task_struct`` on the running kernel, by searching.

BTF would tell it, but the bcc loader is for kernels without, and headers may be of another version.
So a program copies the task it runs in, and two threads search the copy for their numbers. ``tgid``
comes right after ``pid`` (include/linux/sched.h, since 2.6).
"""

from __future__ import annotations

import ctypes as c
import os
import struct
import threading
from collections.abc import Callable
from typing import Final

from tracer.bpf.libbpf import Libbpf, errno_text
from tracer.shared.errors import KernelError
from tracer.shared.message import message

_TASK_BYTES: Final = 4096
_VALUE_BYTES: Final = _TASK_BYTES + 8

# struct bpf_insn: opcode, registers (source << 4 | destination), offset, immediate
_INSN: Final = struct.Struct("<BBhi")
_GET_CURRENT_PID_TGID: Final = 14
_GET_CURRENT_TASK: Final = 35
_PROBE_READ_KERNEL: Final = 113


def _program(map_fd: int) -> bytes:
    """``*value = pid_tgid; probe_read_kernel(value + 8, 4096, current); return 0``."""
    instructions = (
        (0x18, 0x26, 0, map_fd), (0, 0, 0, 0),      # r6 = value of the map (by fd)
        (0x85, 0x00, 0, _GET_CURRENT_PID_TGID),
        (0x7B, 0x06, 0, 0),                         # *(u64 *)(r6 + 0) = r0
        (0x85, 0x00, 0, _GET_CURRENT_TASK),
        (0xBF, 0x61, 0, 0), (0x07, 0x01, 0, 8),     # r1 = r6 + 8
        (0xB7, 0x02, 0, _TASK_BYTES),               # r2 = size
        (0xBF, 0x03, 0, 0),                         # r3 = task
        (0x85, 0x00, 0, _PROBE_READ_KERNEL),
        (0xB7, 0x00, 0, 0), (0x95, 0x00, 0, 0),     # return 0
    )  # fmt: skip
    return b"".join(_INSN.pack(*instruction) for instruction in instructions)


def offset(lib: Libbpf) -> int:
    """Return the offset of ``pid`` in ``struct task_struct``.

    Raises:
        KernelError: the kernel refuses the program, or there is not exactly one match.
    """
    map_fd = program_fd = -1
    try:
        map_fd = lib.create_array("task", _VALUE_BYTES)
        program_fd = lib.load_program("raw_tp", _program(map_fd))
        found = places(_probe(lib, program_fd, map_fd))
        found &= places(_in_thread(lambda: _probe(lib, program_fd, map_fd)))
    except OSError as error:
        raise KernelError(
            message(
                "cannot find the pid in this kernel's task_struct: {why} from {filename}; run "
                "as root, or use the core loader where there is BTF",
                why=errno_text(error),
                filename=error.filename,
            )
        ) from error
    finally:
        for fd in (map_fd, program_fd):
            if fd >= 0:
                os.close(fd)
    if len(found) != 1:
        raise KernelError(
            message(
                "cannot find the pid in this kernel's task_struct: it could be at any of "
                "{found}; use the core loader where there is BTF",
                found=sorted(found),
            )
        )
    return found.pop()


def places(value: bytes) -> set[int]:
    """Return the offsets in a task at which its pid is, followed by its tgid.

    Args:
        value: bpf_get_current_pid_tgid(), then the task's first bytes.
    """
    pid_tgid, task = value[:8], value[8:]
    needle = pid_tgid[:4] + pid_tgid[4:]
    return {at for at in range(0, len(task) - 7, 4) if task[at : at + 8] == needle}


def _probe(lib: Libbpf, program_fd: int, map_fd: int) -> bytes:
    lib.run_here(program_fd)
    value = c.create_string_buffer(_VALUE_BYTES)
    lib.map_lookup(map_fd, c.c_uint32(0), value)
    return value.raw


def _in_thread(read: Callable[[], bytes]) -> bytes:
    answers: list[bytes] = []
    errors: list[OSError] = []

    def run() -> None:
        try:
            answers.append(read())
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return answers[0]
