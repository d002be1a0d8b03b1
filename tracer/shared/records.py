"""The bytes that probes write: fields of calls and steps, their types, units and meanings.

This is the only such table. The C structs and enums of ``probes/tables.h`` are made from it
(``tracer.bpf.tables``), and so are NumPy's types (``analysis.frames``) and the columns of exported
tables (``analysis.export.columns``). Standard library only: the lab's guests import it.

A record and the ring's 8-byte header fill a whole cell (128 and 64 bytes), so a ring is an array of
which the reader takes ranges.
"""

from __future__ import annotations

import enum
import struct
from typing import Final, NamedTuple, Self

MANIFEST: Final = "manifest.json"
SPOOLS: Final = {"calls": "calls.bin", "steps": "steps.bin", "lives": "tasks.bin"}
TRUTH: Final = "truth.json"
"""Files of a trace: the manifest, the records of each ring, what a workload did."""


class Field(NamedTuple):
    """One field of a struct that the probes and Python share."""

    name: str
    type: str
    """In NumPy's notation: ``u8`` is an unsigned integer of 8 bytes. In ``tracer.bpf.layouts`` also
    the name of a struct, and ``u4*88`` for an array."""
    unit: str
    """What is counted or measured; empty for a name, or a number that counts nothing."""
    meaning: str
    missing: str = ""
    """What the absence of a value means, which is null in exported tables."""
    raw: str = ""
    """How the record represents the absence of a value."""


CALL_FIELDS: Final = (
    Field(
        "enter_ns", "u8", "ns",
        "entry of the system call, boot clock; for a call under way when tracer attached to its "
        "task: when that was",
    ),
    Field("exit_ns", "u8", "ns", "return, boot clock", "unfinished", "0"),
    Field("off_cpu_ns", "u8", "ns", "time in the call during which the task was not running"),
    Field(
        "ret", "i8", "", "result or -errno as the program saw it",
        "unfinished, or a signal interrupted it and how it ended is not known",
    ),
    Field(
        "timeout_ns", "i8", "ns", "requested timeout; -1: forever",
        "the call has none, it could not be read, or the kernel rejects it",
        "TIMEOUT_NONE, TIMEOUT_UNREAD, TIMEOUT_INVALID",
    ),
    Field("pid", "u4", "", "process (tgid)"),
    Field("tid", "u4", "", "thread"),
    Field("seq", "u4", "", "number of the call in its thread, from 1; steps carry it"),
    Field(
        "fd", "i4", "",
        "read, write, connect, close, fcntl, fsync, flock: the fd; accept: the listener; splice: "
        "the fd read from; epoll_*: the epoll fd; io_uring_enter: the ring's",
        "all others", "-1",
    ),
    Field(
        "target", "i4", "", "epoll_ctl: the fd added, changed, removed; splice: the fd written to",
        "all others", "-1",
    ),
    Field(
        "nr", "u4", "",
        "select: n; poll: nfds; epoll_wait: maxevents; epoll_ctl: the requested events, EPOLL*; "
        "read, write, splice: bytes; io_submit: iocbs; io_getevents: most wanted; io_uring_setup: "
        "entries; io_uring_enter: submitted",
        "all others, no argument says how many, or it could not be read", "0",
    ),
    Field("syscall", "u2", "", "number of the system call on the machine's architecture"),
    Field("cpu", "u2", "", "CPU on which the call returned"),
    Field(
        "op", "u2", "",
        "epoll_ctl: EPOLL_CTL_*; fcntl: F_*; io_uring_enter: completions waited for",
        "all others", "0",
    ),
    Field(
        "unseen", "u1", "",
        "what no program saw of the call, so numbers are missing; or-ed: 1 switch_in, "
        "2 switch_out, 4 wakeup, 8 fd_poll, 16 passes, 32 entries, 128 beginning",
    ),
    Field("restarts", "u1", "", "times the kernel restarted the call after a signal or a stop"),
    Field("fd_polls", "u4", "polls", "f_op->poll calls: fds polled"),
    Field("passes", "u4", "passes", "times the first file was polled"),
    Field("insertions", "u4", "entries", "entries queued on device wait queues"),
    Field("removals", "u4", "entries", "entries removed from them"),
    Field("callbacks", "u4", "callbacks", "run in this thread's context (waker's side)"),
    Field("notified", "u4", "callbacks", "run on this call's entries (waiter's side)"),
    Field("sleeps", "u4", "switches", "voluntary switches off the CPU"),
    Field("sleep_calls", "u4", "calls", "schedule_hrtimeout_range() calls"),
    Field("preemptions", "u4", "switches", "involuntary switches off the CPU"),
    Field("wakeups", "u4", "wakeups", "sched_waking events for this thread"),
    Field("bytes_in", "u4", "bytes", "copied from user space, as far as the copy hooks see"),
    Field("bytes_out", "u4", "bytes", "copied to user space, likewise"),
)  # fmt: skip
"""``struct call_record``: one traced system call, written when it returns."""


class StepKind(enum.IntEnum):
    """What a step is, and what its ``value`` is."""

    carries: str

    def __new__(cls, number: int, carries: str = "") -> Self:
        """Make the member ``number``; ``carries`` says what the step's value is."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.carries = carries
        return member

    PHASE = 1, "number of the phase that begins, 0: none"
    FD_POLL = 2, "poll mask returned"
    INSERTION = 3, "1 exclusive, 0 not"
    REMOVAL = 4, "0 by owner, 1 by callback, 2 unseen"
    CALLBACK = 5, "key of the wakeup, its poll mask; 0 all"
    SLEEP = 6, "0 expired, -4 woken"
    SWITCH_OUT = 7, "1 preempted, 0 voluntary"
    SWITCH_IN = 8
    WAKEUP = 9
    COPY_IN = 10, "bytes"
    COPY_OUT = 11, "bytes"
    FUNCTION = 12, "see the hook"
    USER = 13, "the probe's own"
    """A user's probe ran (docs/probes.md)."""
    ITEM = 14, "the events it waits for (EPOLL*)"
    """The state of an epoll item (struct epitem): when its entry is queued, or first seen."""
    INSTANCE = 15, "its state: 1 ready, 2 sleeper, 4 taken, 8 listed; or-ed"
    """The state of an epoll instance (struct eventpoll): when it is first seen, and when its lists
    are about to change or have changed. The owner is the first task on its own queue. In a
    callback's steps the entry and the fd are the item's, else that task's entry and the epoll
    fd.
    """


STEP_FIELDS: Final = (
    Field("ts_ns", "u8", "ns", "when, boot clock"),
    Field("entry", "u8", "address", "wait-queue entry", "the step has none", "0"),
    Field(
        "object", "u8", "address",
        "insertion, removal: wait-queue head; fd_poll: struct file; instance, callback of epoll: "
        "struct eventpoll; item: its epoll_event.data", "none", "0",
    ),
    Field("pid", "u4", "", "process that ran; in a callback that is the waker's"),
    Field("tid", "u4", "", "thread that ran; 0: an idle CPU"),
    Field("owner_pid", "u4", "", "process whose entry or sleep it is", "not known", "0"),
    Field("owner_tid", "u4", "", "thread whose entry or sleep it is",
          "not known, such as who queued an entry before tracer attached", "0"),
    Field("seq", "u4", "", "the running thread's call; 0: in no traced call"),
    Field("fd", "i4", "", "fd it is about", "not known", "-1"),
    Field(
        "value", "i4", "",
        "; ".join(f"{kind.name.lower()}: {kind.carries}" for kind in StepKind if kind.carries),
        "not seen, or the kind has none", "fd_poll -1, else 0",
    ),
    Field("kind", "u1", "", "what it is, as a number"),
    Field("hook", "u1", "", "number of the hook that saw it", "none did", "0"),
    Field("cpu", "u2", "", "CPU on which it ran"),
)  # fmt: skip
"""``struct step_record``: one thing that the kernel did."""

TASK_FIELDS: Final = (
    Field("ts_ns", "u8", "ns", "when, boot clock"),
    Field("cgroup", "u8", "", "id (inode) of its cgroup of version 2", "not known", "0"),
    Field("tid", "u4", "", "thread"),
    Field("pid", "u4", "", "process (tgid)"),
    Field("parent_tid", "u4", "", "forked: by which thread; execed: its tid before", "all others",
          "0"),
    Field("own_tid", "u4", "", "its number in its own pid namespace", "not known", "0"),
    Field("own_ns", "u4", "", "inode of that namespace", "not known", "0"),
    Field("comm", "S16", "", "its name from now on; ends with a zero unless it is cut off"),
    Field("kind", "u4", "", "enum life"),
)  # fmt: skip
"""``struct task_record``: an event in the life of a traced task."""

LETTERS: Final = {
    "S16": "16s", "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "i4": "i", "i8": "q",
}  # fmt: skip
"""Type of a field → its letter in the module struct."""


def _layout(fields: tuple[Field, ...]) -> struct.Struct:
    return struct.Struct("<" + "".join(LETTERS[field.type] for field in fields))


CALL: Final = _layout(CALL_FIELDS)
STEP: Final = _layout(STEP_FIELDS)
TASK: Final = _layout(TASK_FIELDS)
CALL_PLACE: Final = {field.name: place for place, field in enumerate(CALL_FIELDS)}
STEP_PLACE: Final = {field.name: place for place, field in enumerate(STEP_FIELDS)}
"""Field → its index in an unpacked record."""

RING_HEADER: Final = struct.Struct("<II")
"""The kernel's header of each record: length and page offset (6.1: kernel/bpf/ringbuf.c)."""
CALL_CELL: Final = struct.Struct(f"<{RING_HEADER.size}x{CALL.format[1:]}")
STEP_CELL: Final = struct.Struct(f"<{RING_HEADER.size}x{STEP.format[1:]}")
TASK_CELL: Final = struct.Struct(f"<{RING_HEADER.size}x{TASK.format[1:]}")
"""A record with its header, as in ring and spool; the header is skipped."""

TIMEOUT_INFINITE: Final = -1
TIMEOUT_NONE: Final = -2
"""The system call has no timeout."""
TIMEOUT_UNREAD: Final = -3
"""The timeout could not be read from user memory."""
TIMEOUT_INVALID: Final = -4
"""The kernel rejects it: negative, or a fraction of a second or more."""
TIMEOUT_MOST: Final = (1 << 63) - 1
"""This much or more: the kernel does not sleep longer."""


class ListState(enum.IntFlag):
    """The ``value`` of an INSTANCE step: the state of ``struct eventpoll``."""

    READY = 1
    """``rdllist`` has items."""
    SLEEPER = 2
    """``wq`` has entries: a task sleeps in epoll_wait."""
    TAKEN = 4
    """An epoll_wait has taken the list and goes through it; meanwhile events go to ``ovflist``."""
    LISTED = 8
    """The item of the callback is on ``rdllist`` or ``ovflist``."""


class Removal(enum.IntEnum):
    """The ``value`` of a REMOVAL step."""

    BY_OWNER = 0
    BY_CALLBACK = 1
    """POLLFREE: the file went away. For AIO and io_uring: its event occurred."""
    UNSEEN = 2
    """An entry on the call's stack, removed inline before the call returned."""


class Unseen(enum.IntFlag):
    """What no hook saw of a call (the field ``unseen``): the numbers concerned are missing."""

    SWITCH_IN = 1
    """The task left the CPU, and no hook saw it return."""
    SWITCH_OUT = 2
    """It returned to the CPU, and no hook saw it leave."""
    WAKEUP = 4
    """It slept and returned, and no hook saw it woken."""
    FD_POLL = 8
    """It polled a file whose poll has no hook."""
    PASSES = 16
    """What it polled changed meanwhile, so its passes cannot be told apart."""
    ENTRIES = 32
    """Some of the entries that it queued may be a page fault's."""
    BEGINNING = 128
    """The task joined inside the call: ``enter_ns`` is when it joined, and nothing was counted."""


class Life(enum.IntEnum):
    """An event in the life of a traced task."""

    JOINED = 1
    """It is traced from now on: the recorder made it join, or it did at its own system call."""
    FORKED = 2
    EXECED = 3
    RENAMED = 4
    ENDED = 5
    LOST = 6
    """It should have joined, but all slots were taken."""


PHASE_MAGIC: Final = 0x7472_6163_6572
"""A workload begins phase ``k`` by ``lseek(-1, PHASE_MAGIC << 16 | k, SEEK_SET)``.

The call fails with EBADF and changes nothing; the probes see it and write a phase step.
"""
