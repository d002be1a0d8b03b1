"""What the maps hold: structs that the probes and ``tracer.bpf.maps`` share, and their sizes.

The C structs of ``probes/tables.h`` and ctypes' are made from these tables.
"""

from __future__ import annotations

import ctypes as c
from typing import Any, Final

from tracer.shared.catalogue import USER_PROBES, hooks
from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, TASK_FIELDS, Field
from tracer.shared.sums import KEY_FIELDS, SUM_FIELDS

TASK_SLOTS: Final = 8192
"""Tasks that can be traced at once, whatever their tids."""
SLOTS_AT_ONCE: Final = 256
"""How many slots one run of a program frees; a divisor of TASK_SLOTS."""
TIDS_PER_PAGE: Final = 4096
KEPT_STEPS: Final = 8
"""Steps kept in a slot until the ring can be locked."""

FIRST_USER_ID: Final = max(hook.id for hook in hooks()) + 1
"""Hook ids from here on are for users' probes; the catalogue's are lower."""
MAX_HOOKS: Final = FIRST_USER_ID + USER_PROBES

STRUCTS: Final[dict[str, tuple[Field, ...]]] = {
    "call_record": CALL_FIELDS,
    "step_record": STEP_FIELDS,
    "task_record": TASK_FIELDS,
    "sum_key": KEY_FIELDS,
    "sums": SUM_FIELDS,
    # One traced task. Written by the task itself, except call.notified and call.wakeups, to which
    # wakers add atomically, woken, and the reset of off_since_ns before the task runs again.
    "task_state": (
        Field("tid", "u4", "", "thread", "the slot is free, or not in use yet", "0"),
        Field("pid", "u4", "", "process (tgid)"),
        Field("steps", "u4", "", "1: write a step for everything seen"),
        Field("seq", "u4", "", "number of its last call"),
        Field("kind", "u4", "", "enum call_kind of the call that it is in"),
        Field("looked_up_fd", "i4", "", "select, poll: the fd whose file is polled next"),
        Field(
            "entry_pending", "u4", "",
            "1: a *_queue_proc ran whose entry outlives the call; its add_wait_queue follows",
        ),
        Field("kept", "u4", "steps", "in kept_steps"),
        Field("first_file", "u8", "address", "file that the call polled first"),
        Field("poll_table", "u8", "address", "poll_wqueues of the call, a key of `waiters`"),
        Field("waiting", "u8", "address", "entry that the call queued for itself"),
        Field("off_since_ns", "u8", "ns", "when it left the CPU, boot clock"),
        Field("asleep", "u4", "", "1: it left the CPU of its own accord, and a wakeup is due"),
        Field("woken", "u4", "", "1: a wakeup was seen; set by the waker"),
        Field("faulting", "u4", "", "inside filemap_fault(): what it queues is not the call's"),
        Field("skipped", "u4", "entries", "left out since the fault began"),
        Field("expected", "u4", "fds", "select: in its sets", "not counted", "0"),
        Field("held_kind", "u4", "", "kind of the call in `held`; NO_CALL: none"),
        Field("user_fds", "u8", "address", "poll: its array, in user memory"),
        Field(
            "woken_through", "u8", "address",
            "entry whose wake function is about to call default_wake_function()",
        ),
        Field(
            "held_ip", "u8", "address",
            "where `held` was made from; that and the stack's place know it again",
        ),
        Field("held_sp", "u8", "address", "the stack's place then"),
        Field(
            "held", "call_record", "",
            "interrupted by a signal: made anew, or ended with -EINTR",
        ),
        Field("call", "call_record", "", "the call as far as it has come"),
        Field("hits", f"u4*{MAX_HOOKS}", "hits", "by hook"),
        Field("kept_steps", f"step_record*{KEPT_STEPS}", "", "steps that the ring refused"),
        Field("joined_ns", "u8", "ns", "since when it is traced, boot clock"),
        Field("follow", "u4", "", "1: what it forks joins too"),
        Field("under_way", "u4", "", "1: it may be in a call whose beginning was not seen"),
        Field("adds_up", "u4", "", "1: its calls are added up, none is written"),
        Field("lists_told", "u4", "", "1: the instance's lists, since this attempt took them"),
        Field("last_wait_ns", "u8", "ns", "end of its last wait, boot clock", "none yet", "0"),
        Field("instance", "u8", "address", "epoll instance behind `epoll_fd`", "none", "0"),
        Field("epoll_fd", "i4", "", "fd that it waited on last", "none", "-1"),
        Field("item_fd", "i4", "", "fd of the epoll item that is polled next"),
        Field("item_file", "u8", "address", "that item's file", "none", "0"),
    ),
    # Which tasks join at their next system call.
    "watching": (
        Field("who", "u4", "", "enum joiners"),
        Field("own_pid", "u4", "", "the recorder's: it never joins"),
        Field("flags", "u4", "", "JOIN_* of a task that joins"),
        Field("pad", "u4", "", "nothing"),
        Field("comm", "S16", "", "for JOINERS_COMM: the name"),
    ),
    # A task that should have joined and found no free slot.
    "lost_task": (
        Field("pid", "u4", "", "process (tgid)"),
        Field("pad", "u4", "", "nothing"),
        Field("comm", "S16", "", "its name; empty if not known"),
    ),
    # By tid, the task's slot; a tid is in the page tid / TIDS_PER_PAGE.
    "tid_page": (
        Field("slot", f"u2*{TIDS_PER_PAGE}", "", "the task's slot in `tasks`", "not traced", "0"),
    ),
    # Which call made an entry that outlives it.
    "entry_owner": (
        Field("pid", "u4", "", "process (tgid)"),
        Field("tid", "u4", "", "thread", "queued before tracer attached", "0"),
        Field("fd", "i4", "", "that of an epoll_ctl", "AIO, io_uring: not known", "-1"),
        Field("steps", "u4", "", "1: write a step for everything seen"),
        Field("instance", "u8", "address", "epoll instance that it belongs to", "not known", "0"),
        Field("data", "u8", "", "epoll_event.data of its item, as last set"),
        Field("events", "u4", "", "epoll_event.events of its item, as last set"),
        Field("pad", "u4", "", "nothing"),
    ),
    # An epoll instance that traced tasks use.
    "instance": (
        Field("pid", "u4", "", "process (tgid) that uses it"),
        Field("fd", "i4", "", "its fd there"),
        Field("steps", "u4", "", "1: write a step for everything seen"),
        Field("pad", "u4", "", "nothing"),
    ),
    # Evidence that could not be kept.
    "losses": (
        Field("calls", "u8", "records", "ring full"),
        Field("steps", "u8", "records", "ring full"),
        Field("tasks", "u8", "tasks", "all slots taken by live tasks"),
        Field("entries", "u8", "entries", "map full"),
        Field("waiters", "u8", "calls", "map full"),
        Field("lives", "u8", "records", "ring full"),
        Field(
            "compat_calls", "u8", "calls", "32-bit, whose numbers mean others: left out"
        ),
        Field("sums", "u8", "calls", "map full"),
    ),
    "totals": (
        Field("losses", "losses", "", "evidence that could not be kept"),
        Field("joined", "u8", "tasks", "that were traced at any time"),
        Field("hits", f"u8*{MAX_HOOKS}", "hits", "by hook, of tasks that have ended"),
        Field("elsewhere", f"u8*{MAX_HOOKS}", "hits", "by hook, while other tasks ran"),
    ),
}  # fmt: skip
"""Struct → its fields; each struct comes after those that it contains."""

_NUMBERS: Final[dict[str, Any]] = {
    "u1": c.c_uint8, "u2": c.c_uint16, "u4": c.c_uint32, "u8": c.c_uint64, "i4": c.c_int32,
    "i8": c.c_int64, "S16": c.c_char * 16,
}  # fmt: skip


def _ctypes() -> dict[str, type[c.Structure]]:
    made: dict[str, type[c.Structure]] = {}
    for name, fields in STRUCTS.items():
        placed = [(field.name, _ctype(field.type, made)) for field in fields]
        made[name] = type(name, (c.Structure,), {"_fields_": placed})
    return made


def _ctype(text: str, made: dict[str, type[c.Structure]]) -> Any:
    kind, _, length = text.partition("*")
    plain = _NUMBERS.get(kind) or made[kind]
    return plain * int(length) if length else plain


STRUCTURES: Final = _ctypes()
"""Struct → its ctypes class."""
TaskState: Final = STRUCTURES["task_state"]
Totals: Final = STRUCTURES["totals"]
Watching: Final = STRUCTURES["watching"]
LostTask: Final = STRUCTURES["lost_task"]
LOSSES: Final = tuple(field.name for field in STRUCTS["losses"])


def size_of(struct: str) -> int:
    """Return the bytes of a struct."""
    return c.sizeof(STRUCTURES[struct])
