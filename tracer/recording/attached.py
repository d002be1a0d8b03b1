"""Tasks that run already and are recorded from the moment they join."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from tracer.bpf.tasks import Flags, Joiners, Joining, Tasks
from tracer.recording.lives import Place, joined_cell, place_of
from tracer.recording.proc import Task, pid_of, task, tids_of
from tracer.recording.watched import Watched
from tracer.shared.errors import UsageError
from tracer.shared.message import message

_JOINERS: Final = {"all": Joiners.ALL, "comm": Joiners.COMM, "cgroup": Joiners.CGROUP}


class Attached:
    """Tasks that run already: they join and leave while they run, undisturbed."""

    def __init__(
        self,
        tasks: Tasks,
        watched: Watched,
        flags: Flags,
        find_instances: Callable[[], str | None],
    ) -> None:
        """Note what is to be watched; see tracer.recording.watched.checked.

        Args:
            tasks: the traced ones.
            watched: which tasks.
            flags: what tasks join with.
            find_instances: see tracer.bpf.instrument.
        """
        self._tasks, self._watched, self._find_instances = tasks, watched, find_instances
        self._not_found: str | None = None
        self._joined: list[bytes] = []
        self._places: dict[int, Place] = {}
        self._flags = flags
        if watched.follow and watched.kind != "tid":
            self._flags |= Flags.FOLLOW

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says about it."""
        return {
            "command": [],
            "exit_status": None,
            "watched": {
                "kind": self._watched.kind,
                "value": self._watched.value,
                "follow": bool(self._flags & Flags.FOLLOW),
                **({"epolls_not_sought": self._not_found} if self._not_found else {}),
            },
        }

    @property
    def pid(self) -> int | None:
        """The first named process, if any."""
        return self._watched.numbers[0] if self._watched.kind in ("pid", "tid") else None

    @property
    def exit_status(self) -> int | None:
        """None: only its parent gets it."""
        return None

    @property
    def is_users(self) -> bool:
        """Always: workloads of ours are started, not attached to."""
        return True

    def begin(self) -> None:
        """Have them join.

        Raises:
            UsageError: what was named has ended meanwhile, or cannot be identified from here.
        """
        if self._watched.kind in ("pid", "tid"):
            self._join_named()
            self._not_found = self._find_instances()
        else:
            self._watch()

    def _watch(self) -> None:
        who = _JOINERS[self._watched.kind]
        if who is not Joiners.CGROUP:
            self._tasks.watch(who, self._flags, comm=self._watched.value)
            return
        cgroup = os.open(self._watched.value, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._tasks.watch(who, self._flags, cgroup_fd=cgroup)
        except OSError as error:
            raise UsageError(
                message(
                    "--cgroup {path}: not a version 2 cgroup ({why})",
                    path=self._watched.value,
                    why=error.strerror,
                )
            ) from error
        finally:
            os.close(cgroup)

    def _join_named(self) -> None:
        if self._tasks.own_pid() != os.getpid():
            raise UsageError(
                "tracer runs in a pid namespace of its own, where pids are not the kernel's: "
                "attach from outside it, select the program with --comm or --cgroup, or let "
                "tracer start it"
            )
        for number in self._watched.numbers:
            if self._watched.kind == "pid":
                joined = self._join_process(number)
            else:
                self._tasks.mark(pid_of(number) or number, self._flags)
                joined = self._join_task(number)
            if not joined and number not in self._tasks.tids():
                raise UsageError(
                    message("process {pid} ended while tracer attached to it", pid=number)
                )

    def _join_process(self, pid: int) -> int:
        """Make all threads join, until a scan finds none that has not; return how many.

        Threads started meanwhile join by themselves, if they are to: the process is marked.
        """
        self._tasks.mark(pid, self._flags)
        known: set[int] = set()
        joined = 0
        while new := set(tids_of(pid)) - known:
            joined += sum(self._join_task(tid, pid) for tid in new)
            known |= new
        return joined

    def _join_task(self, tid: int, pid: int | None = None) -> bool:
        """Make a live task join; if it is ending, or its tid was just reused, it leaves again.

        The kernel marks a task as exiting before the tracepoint of its exit: a task that is not
        marked after it joined will be seen to leave.
        """
        before = task(tid)
        if before is None or before.ended:
            return False
        pid = pid or pid_of(tid) or tid
        joining = self._tasks.join(tid, pid, self._flags | Flags.UNDER_WAY)
        if joining is not Joining.JOINED:
            return joining is Joining.WAS_THERE
        if not _same(before, task(tid)):
            self._tasks.leave(tid)
            return False
        self._joined.append(joined_cell(before, pid, self._place(pid)))
        return True

    def joined(self) -> list[bytes]:
        """Return what /proc says about those that the recorder made join."""
        return self._joined

    def _place(self, pid: int) -> Place:
        if pid not in self._places:
            self._places[pid] = place_of(pid)
        return self._places[pid]

    def ended(self) -> bool:
        """Tell whether the named tasks have ended; where none are named, more may always come."""
        return self._watched.kind in ("pid", "tid") and not self._tasks.tids()

    def remark(self) -> str:
        """Nothing: it runs on as before."""
        return ""

    def stop(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Leave them as they are."""


def _same(before: Task, after: Task | None) -> bool:
    return after is not None and after.start == before.start and not after.ended
