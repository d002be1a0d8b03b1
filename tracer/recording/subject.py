"""What a recording is of: a command that is started, or what runs already."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from tracer.bpf.tasks import Flags, Joiners, Joining, Tasks
from tracer.recording.keeping import Newest
from tracer.recording.launch import Body, Stopped
from tracer.recording.lives import Place, joined_cell, place_of
from tracer.recording.proc import Task, pid_of, task, tids_of
from tracer.recording.user import User
from tracer.recording.watched import Watched
from tracer.shared.errors import UsageError
from tracer.shared.message import message, message_n

_JOINERS: Final = {"all": Joiners.ALL, "comm": Joiners.COMM, "cgroup": Joiners.CGROUP}


class How(NamedTuple):
    """How a program is recorded, where it is one of a user's."""

    user: User | None = None
    """Whom a command runs as."""
    follow: bool = True
    """Trace also what it starts."""
    duration_s: float | None = None
    """End the recording well after so many seconds."""
    newest: Newest | None = None
    """Keep so much, None: all."""


AS_IT_IS: Final = How()


class Subject(Protocol):
    """What is recorded."""

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of it."""

    @property
    def pid(self) -> int | None:
        """A process of it, where there is one."""

    @property
    def exit_status(self) -> int | None:
        """Of a command that has ended; negative: the signal."""

    @property
    def is_users(self) -> bool:
        """Tell whether it is a user's program, and no workload of ours."""

    def begin(self) -> None:
        """Have its tasks join; nothing of it was recorded before."""

    def joined(self) -> list[bytes]:
        """Return cells of the spool ``lives`` that no program of ours could write."""

    def ended(self) -> bool:
        """Tell whether there is nothing more to be recorded."""

    def remark(self) -> str:
        """Say what one would not expect while it is recorded; empty: nothing."""

    def stop(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """End what the recorder started, and nothing else."""


class Started:
    """A command; of a user's program also what it leaves behind is followed to its end."""

    def __init__(
        self, tasks: Tasks, command: Sequence[str], body: Body | None, how: How | None, flags: Flags
    ) -> None:
        """Fork it, held back.

        Args:
            tasks: the traced ones.
            command: program and arguments.
            body: what runs in place of exec; see tracer.recording.launch.
            how: of a user's program; None of our workloads, which end when their process does.
            flags: what tasks join with, besides Flags.FOLLOW.
        """
        self._tasks, self._how = tasks, how
        if how is None or how.follow:
            flags |= Flags.FOLLOW
        user = how.user if how else None
        self._child = Stopped(command, body, first=lambda: tasks.join_self(flags), user=user)

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {"command": list(self._child.command), "exit_status": self.exit_status}

    @property
    def pid(self) -> int | None:
        """The command's process."""
        return self._child.pid

    @property
    def exit_status(self) -> int | None:
        """Of the command, once it has ended."""
        return self._child.returncode

    @property
    def is_users(self) -> bool:
        """Our workloads are started without a word on how."""
        return self._how is not None

    def begin(self) -> None:
        """Let it become the command."""
        self._child.release()

    def joined(self) -> list[bytes]:
        """None: it joins by itself."""
        return []

    def ended(self) -> bool:
        """Tell whether the command has ended, and of a user's what it started, too."""
        if self._child.poll() is None:
            return False
        return self._how is None or not self._tasks.tids()

    def remark(self) -> str:
        """Say what runs on after the command, as a server that makes itself a daemon does."""
        if self.exit_status is None:
            return ""
        return message("the command has ended; {running}", running=still_running(self._tasks))

    def stop(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """End the command and what it started."""
        self._child.stop(meanwhile, self._others)

    def _others(self) -> set[int]:
        if self._tasks.own_pid() != os.getpid():
            return set()  # the kernel's pids are not those that kill() takes here
        return self._tasks.pids()


class Attached:
    """Tasks that run already: they join while they run, and leave as they are."""

    def __init__(
        self,
        tasks: Tasks,
        watched: Watched,
        flags: Flags,
        find_instances: Callable[[], str | None],
    ) -> None:
        """Keep what is to be watched; see tracer.recording.watched.checked.

        Args:
            tasks: the traced ones.
            watched: whom.
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
        """What the manifest says of it."""
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
        """The first process that was named, if any was."""
        return self._watched.numbers[0] if self._watched.kind in ("pid", "tid") else None

    @property
    def exit_status(self) -> int | None:
        """None: nobody but its parent is told."""
        return None

    @property
    def is_users(self) -> bool:
        """Always: workloads of ours are started."""
        return True

    def begin(self) -> None:
        """Have them join.

        Raises:
            UsageError: what was named has ended meanwhile, or cannot be told apart from here.
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
                "attach from outside of it, name the program with --comm or --cgroup, or have "
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
        """Have all threads join, until a look at them finds none that has not; return how many.

        Those that are started meanwhile join by themselves, if they are to: the process is marked.
        """
        self._tasks.mark(pid, self._flags)
        looked: set[int] = set()
        joined = 0
        while new := set(tids_of(pid)) - looked:
            joined += sum(self._join_task(tid, pid) for tid in new)
            looked |= new
        return joined

    def _join_task(self, tid: int, pid: int | None = None) -> bool:
        """Have a task join that lives; one that ends or whose tid is used again just then leaves.

        The kernel marks a task as exiting before it tells of the exit: whoever is not marked
        after it joined will be seen to leave.
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
        """Return what /proc says of those that the recorder had join."""
        return self._joined

    def _place(self, pid: int) -> Place:
        if pid not in self._places:
            self._places[pid] = place_of(pid)
        return self._places[pid]

    def ended(self) -> bool:
        """Tell whether those that were named have ended; others may always come."""
        return self._watched.kind in ("pid", "tid") and not self._tasks.tids()

    def remark(self) -> str:
        """Nothing: it runs as it did."""
        return ""

    def stop(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Leave them as they are."""


def _same(before: Task, after: Task | None) -> bool:
    return after is not None and after.start == before.start and not after.ended


def still_running(tasks: Tasks) -> str:
    """Say which traced processes live: how many, and the first of them by name."""
    pids = sorted(tasks.pids())
    names = ", ".join(f"{found.comm} ({pid})" for pid in pids[:3] if (found := task(pid)))
    more = ", …" if len(pids) > 3 else ""
    return message_n(
        "{count:,} process of it still runs: {names}",
        "{count:,} processes of it still run: {names}",
        count=len(pids),
        names=names + more,
    )
