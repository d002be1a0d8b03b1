"""Which tasks are traced: they join, leave, and what is known of those that live.

Joining and leaving are programs of ours (``probes/tasks.bpf.h``) that the kernel runs when it is
asked to: a task joins in the same way, and only once, whether the kernel sees it forked or the
recorder finds it. Layouts are those of ``probes/state.h``; ``tests/shared/test_records.py``
compares them with the object's BTF.
"""

from __future__ import annotations

import ctypes as c
import enum
import errno
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tracer.bpf.libbpf import Libbpf
from tracer.shared.records import CALL, STEP

TASK_SLOTS: Final = 8192
"""Tasks that can be traced at once, whatever their tids."""
MAX_HOOKS: Final = 88
PROGRAMS: Final = ("join_task", "leave_task")

SLOT_HEAD: Final = struct.Struct("<IIIII8xIQQQQ8x")
"""tid, pid, steps, seq, kind, …, kept, first_file, poll_table, waiting, off_since_ns, asleep
and woken."""
KEPT_STEPS: Final = 8
SLOT_BYTES: Final = SLOT_HEAD.size + CALL.size + 4 * MAX_HOOKS + KEPT_STEPS * STEP.size

TIDS_PER_PAGE: Final = 4096
_MOST_TIDS: Final = 4 << 20  # PID_MAX_LIMIT, include/linux/threads.h
_PID_MAX: Final = Path("/proc/sys/kernel/pid_max")
_BATCH: Final = 256


class Joining(enum.IntEnum):
    """What became of an attempt to join; enum joining of probes/tasks.bpf.h."""

    JOINED = 0
    WAS_THERE = 1
    NO_ROOM = 2


class Slot(NamedTuple):
    """A traced task that is still alive."""

    tid: int
    pid: int
    in_call: bool
    call: bytes
    """Its unfinished ``struct call_record`` where ``in_call``."""
    hits: tuple[int, ...]
    kept: int
    """Steps that wait to be written until the ring can be locked."""


def tid_pages(pid_max: Path = _PID_MAX) -> int:
    """Return how many pages of tids the kernel may give, by its pid_max."""
    try:
        most = int(pid_max.read_text())
    except (OSError, ValueError):
        most = _MOST_TIDS
    return min(most, _MOST_TIDS) // TIDS_PER_PAGE + 1


class Tasks:
    """The traced tasks of one instrument."""

    def __init__(self, lib: Libbpf, maps: Mapping[str, int], programs: Mapping[str, int]) -> None:
        """Make all slots free.

        Args:
            lib: libbpf.
            maps: fds of the maps ``tasks``, ``owners`` and ``free_slots``.
            programs: fds of PROGRAMS.
        """
        self._lib, self._maps, self._programs = lib, maps, programs
        for slot in range(1, TASK_SLOTS + 1):
            lib.call("bpf_map_update_elem", maps["free_slots"], None, c.byref(c.c_uint32(slot)), 0)

    def join(self, tid: int, pid: int, steps: bool) -> Joining:
        """Trace the task ``tid`` of process ``pid`` from now on, and what it forks."""
        return Joining(self._lib.run_here(self._programs["join_task"], tid, pid, int(steps)))

    def join_self(self, steps: bool) -> None:
        """Trace the calling thread from now on: the kernel knows its tid in every namespace.

        Raises:
            OSError: EUSERS, there is no room; or what the kernel refused.
        """
        if self.join(0, 0, steps) is Joining.NO_ROOM:
            raise OSError(errno.EUSERS, os.strerror(errno.EUSERS))

    def leave(self, tid: int) -> None:
        """Trace the task ``tid`` no longer."""
        self._lib.run_here(self._programs["leave_task"], tid)

    def tids(self) -> set[int]:
        """Return the tids of the traced tasks that live."""
        return keys_of(self._lib, self._maps["owners"], c.c_uint32)

    def release_all(self) -> None:
        """Trace no task any more, nor what they fork meanwhile."""
        while tids := self.tids():
            for tid in tids:
                self.leave(tid)

    def slots(self) -> list[Slot]:
        """Return the traced tasks that live."""
        return [_slot(raw) for raw in self._raw_slots() if any(raw[:4])]

    def _raw_slots(self) -> Iterator[bytes]:
        keys = (c.c_uint32 * _BATCH)()
        values = c.create_string_buffer(_BATCH * SLOT_BYTES)
        token, before, left = c.c_uint32(0), None, TASK_SLOTS + 1
        while left:
            count = c.c_uint32(min(_BATCH, left))
            self._lib.call(
                "bpf_map_lookup_batch", self._maps["tasks"], before, c.byref(token), keys, values,
                c.byref(count), None,
            )  # fmt: skip
            raw = memoryview(values).cast("B")
            for index in range(count.value):
                yield bytes(raw[index * SLOT_BYTES : (index + 1) * SLOT_BYTES])
            before, left = c.byref(token), left - count.value


def keys_of(lib: Libbpf, map_fd: int, kind: type[c.c_uint32 | c.c_uint64]) -> set[int]:
    """Return the keys of a hash map; one whose owner is at work may repeat some."""
    keys: set[int] = set()
    key, following = None, kind()
    while True:
        try:
            lib.call("bpf_map_get_next_key", map_fd, key, c.byref(following))
        except OSError:
            return keys
        if following.value in keys:
            return keys
        keys.add(following.value)
        key = c.byref(kind(following.value))


def _slot(raw: bytes) -> Slot:
    tid, pid, _, _, kind, kept, *_ = SLOT_HEAD.unpack_from(raw)
    call_end = SLOT_HEAD.size + CALL.size
    return Slot(
        tid=tid,
        pid=pid,
        in_call=kind != 0,
        call=raw[SLOT_HEAD.size : call_end],
        hits=struct.unpack_from(f"<{MAX_HOOKS}I", raw, call_end),
        kept=kept,
    )
