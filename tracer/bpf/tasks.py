"""Which tasks are traced: how they join and leave, and the state of those that live.

Joining and leaving are BPF programs (``probes/tasks.bpf.h``) that the kernel runs on request: a
task joins in the same way, and only once, whether a probe sees it forked or the recorder finds it.
Layouts are in :mod:`tracer.bpf.layouts`; :mod:`tracer.bpf.tables` turns the enums into C.
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
    """The outcome of an attempt to join."""

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
    """Which tasks join at their next system call."""

    NONE = 0
    ALL = 1
    CGROUP = 2
    COMM = 3


class LostTask(NamedTuple):
    """A task that should have joined and found no free slot."""

    tid: int
    pid: int
    comm: str


class Slot(NamedTuple):
    """The last known state of a traced task."""

    tid: int
    pid: int
    calls: tuple[bytes, ...]
    """Its unfinished calls, each a ``struct call_record``: one that a signal interrupted and that
    has not been restarted, and the one that the task is in.
    """
    under_way: bool
    """It may still be in the call that it was in when it joined."""
    joined_ns: int


def tid_pages(pid_max: Path = _PID_MAX) -> int:
    """Return how many pages of tids there can be, by the kernel's pid_max."""
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
        """Trace the calling thread from now on; works in any pid namespace.

        Raises:
            OSError: EUSERS: no free slot; else what the kernel refused.
        """
        if self.join(0, 0, flags) is Joining.NO_ROOM:
            raise OSError(errno.EUSERS, os.strerror(errno.EUSERS))

    def own_pid(self) -> int:
        """Return this process's pid in the initial namespace."""
        return self._lib.run_here(self._programs["tell_pid"])

    def mark(self, pid: int, flags: Flags) -> None:
        """Have children of untraced threads of process ``pid`` join, if ``flags`` has FOLLOW."""
        self._update("marked", c.c_uint32(pid), c.c_uint32(flags))

    def watch(self, who: Joiners, flags: Flags, comm: str = "", cgroup_fd: int = -1) -> None:
        """Have ``who`` join at their next system call, or when their current one returns.

        Args:
            who: which tasks; never this process.
            flags: what they join with.
            comm: for COMM: the name; its first 15 bytes count.
            cgroup_fd: for CGROUP: its directory, opened.

        Raises:
            OSError: the kernel refuses the cgroup (EBADF: it is not of version 2).
        """
        if who is Joiners.CGROUP:
            self._update("cgroups", c.c_uint32(0), c.c_uint32(cgroup_fd))
        name = os.fsencode(comm)[:15]
        watching = Watching(who=who, own_pid=self.own_pid(), flags=flags, comm=name)
        self._update("watching", c.c_uint32(0), watching)

    def _update(self, name: str, key: c.c_uint32, value: c.c_uint32 | c.Structure) -> None:
        self._lib.map_update(self._maps[name], key, value)

    def leave(self, tid: int) -> None:
        """Stop tracing the task ``tid``."""
        self._lib.run_here(self._programs["leave_task"], tid)

    def tids(self) -> set[int]:
        """Return the tids of the live traced tasks."""
        return keys_of(self._lib, self._maps["owners"], c.c_uint32)

    def pids(self) -> set[int]:
        """Return the pids of the processes that have traced tasks."""
        slots = (self._slot_of(tid) for tid in self.tids())
        return {slot.pid for slot in slots if slot}

    def release_all(self) -> list[Slot]:
        """Stop tracing all tasks, and their children from now on; return their last known states.

        States are read after leaving: until then a task may still end its call.
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
        """Return the tasks that found no free slot, by tid; at most TASK_SLOTS of them."""
        found = []
        for tid in sorted(keys_of(self._lib, self._maps["lost_tasks"], c.c_uint32)):
            lost = layouts.LostTask()
            if self._lookup("lost_tasks", tid, lost):
                found.append(LostTask(tid, lost.pid, lost.comm.decode(errors="replace")))
        return found

    def forget_lost(self) -> None:
        """Reset the list of lost tasks."""
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
    """Return the keys of a hash map; some may repeat if it is changed meanwhile."""
    keys: set[int] = set()
    key, following = None, kind()
    while lib.map_next_key(map_fd, key, following) and following.value not in keys:
        keys.add(following.value)
        key = kind(following.value)
    return keys


def _slot(state: Any) -> Slot:
    state.held.exit_ns = 0  # it holds the time of the interruption: the call has not returned
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
