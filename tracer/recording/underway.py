"""Calls that a task was in when it joined, and is in still: what the kernel says of them."""

from __future__ import annotations

from typing import Final

from tracer.bpf.tasks import Slot
from tracer.recording.proc import call_of
from tracer.shared.records import CALL, CALL_FIELDS, TIMEOUT_NONE, TIMEOUT_UNREAD, Unseen
from tracer.shared.syscalls import BY_NUMBER

_NAMES: Final = tuple(name for name, _ in CALL_FIELDS)
_WITHOUT_FD: Final = frozenset((
    "select", "poll", "epoll_create", "rt_sigtimedwait", "io_submit", "io_getevents",
    "io_uring_setup",
))  # fmt: skip
_WAITS: Final = frozenset(("select", "poll", "epoll_wait", "rt_sigtimedwait", "io_getevents"))


def call_under_way(slot: Slot) -> bytes | None:
    """Return the unfinished ``struct call_record`` of the call that a task was in all the time.

    None if it is in no traced call.
    """
    found = call_of(slot.tid) if slot.under_way else None
    known = BY_NUMBER.get(found[0]) if found else None
    if not found or not known:
        return None
    values = dict.fromkeys(_NAMES, 0) | {
        "enter_ns": slot.joined_ns,
        "timeout_ns": TIMEOUT_UNREAD if known.family in _WAITS else TIMEOUT_NONE,
        "pid": slot.pid,
        "tid": slot.tid,
        "seq": 1,
        "fd": -1 if known.family in _WITHOUT_FD else _signed(found[1]),
        "target": -1,
        "syscall": known.number,
        "unseen": Unseen.BEGINNING,
    }
    return CALL.pack(*(values[name] for name in _NAMES))


def _signed(word: int) -> int:
    """Return the int that the kernel takes an argument for."""
    low = word & 0xFFFF_FFFF
    return low - (1 << 32) if low >> 31 else low
