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
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from tracer.bpf.libbpf import Libbpf
from tracer.shared.records import CALL, CALL_FIELDS, STEP

TASK_SLOTS: Final = 8192
"""Tasks that can be traced at once, whatever their tids."""
MAX_HOOKS: Final = 104
PROGRAMS: Final = ("join_task", "leave_task", "tell_pid")
MAPS: Final = ("tasks", "owners", "free_slots", "lost_tasks", "marked", "watching", "cgroups")

SLOT_HEAD: Final = struct.Struct(f"<IIIII8xIQQQQ20xI32x{CALL.size}s")
"""tid, pid, steps, seq, kind, …, kept, first_file, poll_table, waiting, off_since_ns, …,
held_kind, …, held."""
_EXIT_NS: Final = [name for name, _ in CALL_FIELDS].index("exit_ns")
KEPT_STEPS: Final = 8
_SLOT_TAIL: Final = struct.Struct("<QII")
"""joined_ns, follow, under_way."""
_SLOT_TAIL_AT: Final = SLOT_HEAD.size + CALL.size + 4 * MAX_HOOKS + KEPT_STEPS * STEP.size
SLOT_BYTES: Final = _SLOT_TAIL_AT + _SLOT_TAIL.size
WATCHING: Final = struct.Struct("<IIII16s")
"""who, own_pid, flags, padding, comm: struct watching."""
LOST_TASK: Final = struct.Struct("<I4x16s")
"""pid, comm: struct lost_task."""

TIDS_PER_PAGE: Final = 4096
_MOST_TIDS: Final = 4 << 20  # PID_MAX_LIMIT, include/linux/threads.h
_PID_MAX: Final = Path("/proc/sys/kernel/pid_max")


class Joining(enum.IntEnum):
    """What became of an attempt to join; enum joining of probes/tasks.bpf.h."""

    JOINED = 0
    WAS_THERE = 1
    NO_ROOM = 2


class Flags(enum.IntFlag):
    """What a task joins with; JOIN_* of probes/tasks.bpf.h."""

    STEPS = 1
    FOLLOW = 2
    UNDER_WAY = 4


class Joiners(enum.IntEnum):
    """Who joins at a system call of its own; enum joiners of probes/state.h."""

    NONE = 0
    ALL = 1
    CGROUP = 2
    COMM = 3


class LostTask(NamedTuple):
    """A task that should have joined and found no room."""

    tid: int
    pid: int
    comm: str


class Slot(NamedTuple):
    """What was known of a task when it was traced last."""

    tid: int
    pid: int
    calls: tuple[bytes, ...]
    """Its unfinished calls, each a ``struct call_record``: one that a signal interrupted and that
    has not been made anew, and the one that the task is in."""
    under_way: bool
    """It may be in a call that it was in when it joined, and that did not return."""
    joined_ns: int


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
            maps: fds of MAPS.
            programs: fds of PROGRAMS.
        """
        self._lib, self._maps, self._programs = lib, maps, programs
        for slot in range(1, TASK_SLOTS + 1):
            lib.call("bpf_map_update_elem", maps["free_slots"], None, c.byref(c.c_uint32(slot)), 0)

    def join(self, tid: int, pid: int, flags: Flags) -> Joining:
        """Trace the task ``tid`` of process ``pid`` from now on."""
        return Joining(self._lib.run_here(self._programs["join_task"], tid, pid, flags))

    def join_self(self, flags: Flags) -> None:
        """Trace the calling thread from now on: the kernel knows its tid in every namespace.

        Raises:
            OSError: EUSERS, there is no room; or what the kernel refused.
        """
        if self.join(0, 0, flags) is Joining.NO_ROOM:
            raise OSError(errno.EUSERS, os.strerror(errno.EUSERS))

    def own_pid(self) -> int:
        """Return the pid by which the kernel knows this process; a namespace has another."""
        return self._lib.run_here(self._programs["tell_pid"])

    def mark(self, pid: int, flags: Flags) -> None:
        """Have what untraced threads of process ``pid`` fork join with ``flags``."""
        self._update("marked", c.c_uint32(pid), c.c_uint32(flags))

    def watch(self, who: Joiners, flags: Flags, comm: str = "", cgroup_fd: int = -1) -> None:
        """Have ``who`` join at their next system call, or as the one they are in returns.

        Args:
            who: which tasks; never this process.
            flags: what they join with.
            comm: for COMM: the name, of which 15 bytes count.
            cgroup_fd: for CGROUP: its directory, opened.

        Raises:
            OSError: the kernel takes no such cgroup (EBADF: it is not of version 2).
        """
        if who is Joiners.CGROUP:
            self._update("cgroups", c.c_uint32(0), c.c_uint32(cgroup_fd))
        name = os.fsencode(comm)[:15]
        value = WATCHING.pack(who, self.own_pid(), flags, 0, name)
        self._update("watching", c.c_uint32(0), c.create_string_buffer(value, len(value)))

    def _update(self, name: str, key: c.c_uint32, value: c.c_uint32 | c.Array[c.c_char]) -> None:
        self._lib.call("bpf_map_update_elem", self._maps[name], c.byref(key), c.byref(value), 0)

    def leave(self, tid: int) -> None:
        """Trace the task ``tid`` no longer."""
        self._lib.run_here(self._programs["leave_task"], tid)

    def tids(self) -> set[int]:
        """Return the tids of the traced tasks that live."""
        return keys_of(self._lib, self._maps["owners"], c.c_uint32)

    def pids(self) -> set[int]:
        """Return the pids of the processes that have traced tasks."""
        slots = (self._slot_of(tid) for tid in self.tids())
        return {slot.pid for slot in slots if slot}

    def release_all(self) -> list[Slot]:
        """Trace no task any more, nor what they fork meanwhile; return what they were doing.

        It is read once they have left: until then the task itself may end its call.
        """
        self.watch(Joiners.NONE, Flags(0))
        for pid in keys_of(self._lib, self._maps["marked"], c.c_uint32):
            self._delete("marked", pid)
        left: list[Slot] = []
        while tids := self.tids():
            numbers = {tid: number for tid in tids if (number := self._number_of(tid))}
            for tid in tids:
                self.leave(tid)
            left += [self._read_slot(number)._replace(tid=tid) for tid, number in numbers.items()]
        return left

    def lost(self) -> list[LostTask]:
        """Return the tasks that found no room, by tid; at most TASK_SLOTS of them."""
        found = []
        for tid in sorted(keys_of(self._lib, self._maps["lost_tasks"], c.c_uint32)):
            raw = self._lookup("lost_tasks", tid, LOST_TASK.size)
            if raw:
                pid, comm = LOST_TASK.unpack(raw)
                found.append(LostTask(tid, pid, comm.rstrip(b"\0").decode(errors="replace")))
        return found

    def forget_lost(self) -> None:
        """Begin to count the lost anew."""
        for tid in keys_of(self._lib, self._maps["lost_tasks"], c.c_uint32):
            self._delete("lost_tasks", tid)

    def _number_of(self, tid: int) -> int:
        raw = self._lookup("owners", tid, 4)
        return int.from_bytes(raw or b"", "little")

    def _slot_of(self, tid: int) -> Slot | None:
        number = self._number_of(tid)
        return self._read_slot(number) if number else None

    def _read_slot(self, number: int) -> Slot:
        raw = self._lookup("tasks", number, SLOT_BYTES)
        assert raw, "an array has all its elements"
        return _slot(raw)

    def _lookup(self, name: str, key: int, size_bytes: int) -> bytes | None:
        value = c.create_string_buffer(size_bytes)
        try:
            self._lib.call("bpf_map_lookup_elem", self._maps[name], c.byref(c.c_uint32(key)), value)
        except FileNotFoundError:
            return None
        return value.raw

    def _delete(self, name: str, key: int) -> None:
        with suppress(FileNotFoundError):
            self._lib.call("bpf_map_delete_elem", self._maps[name], c.byref(c.c_uint32(key)))


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
    tid, pid, _, _, kind, *_, held_kind, held = SLOT_HEAD.unpack_from(raw)
    joined_ns, _, under_way = _SLOT_TAIL.unpack_from(raw, _SLOT_TAIL_AT)
    call = raw[SLOT_HEAD.size : SLOT_HEAD.size + CALL.size]
    return Slot(
        tid=tid,
        pid=pid,
        calls=(*([_unreturned(held)] if held_kind else []), *([call] if kind else [])),
        under_way=bool(under_way),
        joined_ns=joined_ns,
    )


def _unreturned(call: bytes) -> bytes:
    """Return a ``struct call_record`` as that of a call that has not returned: exit_ns is 0."""
    fields = list(CALL.unpack(call))
    fields[_EXIT_NS] = 0
    return CALL.pack(*fields)
