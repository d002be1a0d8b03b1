"""The bytes that probes write: field names, types and order of calls and steps.

Source of truth is ``probes/record.h``; ``tests/test_records.py`` compares this table with
the BTF of the built object. Standard library only: the lab's guests import it.
"""

from __future__ import annotations

import enum
import struct
from typing import Final

Field = tuple[str, str]
"""Name and type in NumPy's letters: ``u8`` is an unsigned integer of 8 bytes."""

CALL_FIELDS: Final[tuple[Field, ...]] = (
    ("enter_ns", "u8"),
    ("exit_ns", "u8"),
    ("off_cpu_ns", "u8"),
    ("ret", "i8"),
    ("timeout_ns", "i8"),
    ("pid", "u4"),
    ("tid", "u4"),
    ("seq", "u4"),
    ("fd", "i4"),
    ("target", "i4"),
    ("nr", "u4"),
    ("syscall", "u2"),
    ("cpu", "u2"),
    ("op", "u2"),
    ("unseen", "u1"),
    ("restarts", "u1"),
    ("fd_polls", "u4"),
    ("passes", "u4"),
    ("insertions", "u4"),
    ("removals", "u4"),
    ("callbacks", "u4"),
    ("notified", "u4"),
    ("sleeps", "u4"),
    ("sleep_calls", "u4"),
    ("preemptions", "u4"),
    ("wakeups", "u4"),
    ("bytes_in", "u4"),
    ("bytes_out", "u4"),
)

STEP_FIELDS: Final[tuple[Field, ...]] = (
    ("ts_ns", "u8"),
    ("entry", "u8"),
    ("object", "u8"),
    ("pid", "u4"),
    ("tid", "u4"),
    ("owner_pid", "u4"),
    ("owner_tid", "u4"),
    ("seq", "u4"),
    ("fd", "i4"),
    ("value", "i4"),
    ("kind", "u1"),
    ("hook", "u1"),
    ("cpu", "u2"),
)

TASK_FIELDS: Final[tuple[Field, ...]] = (
    ("ts_ns", "u8"),
    ("cgroup", "u8"),
    ("tid", "u4"),
    ("pid", "u4"),
    ("parent_tid", "u4"),
    ("own_tid", "u4"),
    ("own_ns", "u4"),
    ("comm", "S16"),
    ("kind", "u4"),
)

_LETTERS: Final = {
    "S16": "16s", "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "i4": "i", "i8": "q",
}  # fmt: skip


def _layout(fields: tuple[Field, ...]) -> struct.Struct:
    return struct.Struct("<" + "".join(_LETTERS[kind] for _, kind in fields))


CALL: Final = _layout(CALL_FIELDS)
STEP: Final = _layout(STEP_FIELDS)
TASK: Final = _layout(TASK_FIELDS)

RING_HEADER: Final = struct.Struct("<II")
"""What the kernel puts before each record: length and page offset (kernel/bpf/ringbuf.c)."""
CALL_CELL: Final = struct.Struct(f"<{RING_HEADER.size}x{CALL.format[1:]}")
STEP_CELL: Final = struct.Struct(f"<{RING_HEADER.size}x{STEP.format[1:]}")
TASK_CELL: Final = struct.Struct(f"<{RING_HEADER.size}x{TASK.format[1:]}")
"""A record with its header, as it stands in ring and spool; the header is skipped."""

TIMEOUT_INFINITE: Final = -1
TIMEOUT_NONE: Final = -2
TIMEOUT_UNREAD: Final = -3
TIMEOUT_INVALID: Final = -4
"""It is none that the kernel takes: negative, or a second and more in its second part."""
TIMEOUT_MOST: Final = (1 << 63) - 1
"""That, or more: the kernel does not sleep longer."""


class StepKind(enum.IntEnum):
    """What a step is; the meaning of ``value`` stands in ``probes/record.h``."""

    PHASE = 1
    FD_POLL = 2
    INSERTION = 3
    REMOVAL = 4
    CALLBACK = 5
    SLEEP = 6
    SWITCH_OUT = 7
    SWITCH_IN = 8
    WAKEUP = 9
    COPY_IN = 10
    COPY_OUT = 11
    FUNCTION = 12
    USER = 13
    """A user's probe ran (docs/probes.md)."""


class Removal(enum.IntEnum):
    """The ``value`` of a REMOVAL step."""

    BY_OWNER = 0
    BY_CALLBACK = 1
    """POLLFREE: the file went away. Of AIO and io_uring: its event came."""
    UNSEEN = 2
    """An entry on the call's stack, taken off inline before the call returned."""


class Unseen(enum.IntFlag):
    """What of a call no hook saw (the field ``unseen``): the numbers in question are missing."""

    SWITCH_IN = 1
    """The task left the CPU, and nobody saw it come back."""
    SWITCH_OUT = 2
    """It came back, and nobody saw it leave."""
    WAKEUP = 4
    """It slept and came back, and nobody saw it woken."""
    FD_POLL = 8
    """It looked at a file whose poll has no hook."""
    PASSES = 16
    """What it looked at changed meanwhile, and does not tell the passes apart."""
    ENTRIES = 32
    """Among the entries that it hung may be some of a page fault."""
    BEGINNING = 128
    """The task joined inside the call: ``enter_ns`` is when it did, and nothing was counted."""


class Life(enum.IntEnum):
    """What became of a traced task."""

    JOINED = 1
    """It is traced from now on: by the recorder, or at a system call of its own."""
    FORKED = 2
    EXECED = 3
    RENAMED = 4
    ENDED = 5
    LOST = 6
    """It should have joined, and all slots were taken."""


PHASE_MAGIC: Final = 0x7472_6163_6572
"""A workload begins phase ``k`` by ``lseek(-1, PHASE_MAGIC << 16 | k, SEEK_SET)``.

The call fails with EBADF and changes nothing; the probes see it and write a phase step.
"""
