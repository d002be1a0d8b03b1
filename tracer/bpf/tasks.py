"""Which tasks are traced: they join, leave, and what is known of those that live.

Joining and leaving are programs of ours (``probes/tasks.bpf.h``) that the kernel runs when it is
asked to: a task joins in the same way, and only once, whether the kernel sees it forked or the
recorder finds it. Layouts are in :mod:`tracer.bpf.layouts`; the enums
are made C by :mod:`tracer.bpf.tables`.
"""

from __future__ import annotations

import ctypes as c
import enum
import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.bpf import layouts
from tracer.bpf.layouts import SLOTS_AT_ONCE, TASK_SLOTS, TIDS_PER_PAGE, TaskState, Watching
from tracer.bpf.libbpf import Libbpf

PROGRAMS: Final = ("join_task", "leave_task", "tell_pid", "free_slot_range")
MAPS: Final = ("tasks", "owners", "free_slots", "lost_tasks", "marked", "watching", "cgroups")

_MOST_TIDS: Final = 4 << 20  # PID_MAX_LIMIT, include/linux/threads.h
_PID_MAX: Final = Path("/proc/sys/kernel/pid_max")


class Joining(enum.IntEnum):
    """What became of an attempt to join."""

    JOINED = 0
    WAS_THERE = 1
    NO_ROOM = 2


class Flags(enum.IntFlag):
    """What a task joins with."""

    STEPS = 1
    FOLLOW = 2
    UNDER_WAY = 4
    ADDS_UP = 8


class Joiners(enum.IntEnum):
    """Who joins at a system call of its own."""

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
        for first in range(1, TASK_SLOTS + 1, SLOTS_AT_ONCE):
            lib.run_here(programs["free_slot_range"], first)

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
        """Have what untraced threads of process ``pid`` fork join, if ``flags`` say FOLLOW."""
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
        watching = Watching(who=who, own_pid=self.own_pid(), flags=flags, comm=name)
        self._update("watching", c.c_uint32(0), watching)

    def _update(self, name: str, key: c.c_uint32, value: c.c_uint32 | c.Structure) -> None:
        self._lib.map_update(self._maps[name], key, value)

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
            lost = layouts.LostTask()
            if self._lookup("lost_tasks", tid, lost):
                found.append(LostTask(tid, lost.pid, lost.comm.decode(errors="replace")))
        return found

    def forget_lost(self) -> None:
        """Begin to count the lost anew."""
        for tid in keys_of(self._lib, self._maps["lost_tasks"], c.c_uint32):
            self._delete("lost_tasks", tid)

    def _number_of(self, tid: int) -> int:
        number = c.c_uint32(0)
        self._lookup("owners", tid, number)
        return number.value

    def _slot_of(self, tid: int) -> Slot | None:
        number = self._number_of(tid)
        return self._read_slot(number) if number else None

    def _read_slot(self, number: int) -> Slot:
        state = TaskState()
        self._lookup("tasks", number, state)
        return _slot(state)

    def _lookup(self, name: str, key: int, value: c.c_uint32 | c.Structure) -> bool:
        """Copy the value of ``key`` into ``value``; False: there is none."""
        try:
            self._lib.map_lookup(self._maps[name], c.c_uint32(key), value)
        except FileNotFoundError:
            return False
        return True

    def _delete(self, name: str, key: int) -> None:
        with suppress(FileNotFoundError):
            self._lib.map_delete(self._maps[name], c.c_uint32(key))


def keys_of(lib: Libbpf, map_fd: int, kind: type[c.c_uint32 | c.c_uint64]) -> set[int]:
    """Return the keys of a hash map; one whose owner is at work may repeat some."""
    keys: set[int] = set()
    key, following = None, kind()
    while lib.map_next_key(map_fd, key, following) and following.value not in keys:
        keys.add(following.value)
        key = kind(following.value)
    return keys


def _slot(state: Any) -> Slot:
    state.held.exit_ns = 0  # what it says is when it was interrupted: it has not returned
    return Slot(
        tid=state.tid,
        pid=state.pid,
        calls=(
            *([bytes(state.held)] if state.held_kind else []),
            *([bytes(state.call)] if state.kind else []),
        ),
        under_way=bool(state.under_way),
        joined_ns=state.joined_ns,
    )
