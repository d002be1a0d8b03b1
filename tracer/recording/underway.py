"""Calls that were under way when a task joined and still are: what the kernel says about them."""

from __future__ import annotations

from typing import Final

from tracer.bpf.tasks import Slot
from tracer.recording.proc import call_of
from tracer.shared.records import CALL, CALL_FIELDS, TIMEOUT_NONE, TIMEOUT_UNREAD, Unseen
from tracer.shared.syscalls import by_number

_NAMES: Final = tuple(field.name for field in CALL_FIELDS)


def call_under_way(slot: Slot) -> bytes | None:
    """Return the unfinished ``struct call_record`` of the call that a task was in throughout.

    None: it is in no traced call.
    """
    found = call_of(slot.tid) if slot.under_way else None
    known = by_number().get(found[0]) if found else None
    if not found or not known:
        return None
    values = dict.fromkeys(_NAMES, 0) | {
        "enter_ns": slot.joined_ns,
        "timeout_ns": TIMEOUT_UNREAD if "timeout_ns" in known.columns else TIMEOUT_NONE,
        "pid": slot.pid,
        "tid": slot.tid,
        "seq": 1,
        "fd": _signed(found[1]) if dict(known.arguments).get("fd") == 1 else -1,
        "target": -1,
        "syscall": found[0],
        "unseen": Unseen.BEGINNING,
    }
    return CALL.pack(*(values[name] for name in _NAMES))


def _signed(word: int) -> int:
    """Return an argument as the signed int that the kernel sees."""
    low = word & 0xFFFF_FFFF
    return low - (1 << 32) if low >> 31 else low
