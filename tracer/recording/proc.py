"""Processes and their tasks as ``/proc`` shows them. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

from tracer.shared.owner import as_file_owner

PROC: Final = Path("/proc")
_EXITING: Final = 0x4
"""PF_EXITING, set before the tracepoint sched_process_exit (6.1: kernel/exit.c do_exit())."""
_KERNEL_THREAD: Final = 0x200000  # PF_KTHREAD
_FLAGS, _START = 6, 19
"""Fields of a stat file after the name: proc(5) counts them from 3."""


class Task(NamedTuple):
    """One task at one moment."""

    tid: int
    comm: str
    state: str
    flags: int
    start: int
    """When it began, in ticks since boot: a reused tid has another."""

    @property
    def ended(self) -> bool:
        """True for a zombie, and for a task that is about to become one."""
        return self.state in "ZX" or bool(self.flags & _EXITING)

    @property
    def is_kernel_thread(self) -> bool:
        """True if it runs no program."""
        return bool(self.flags & _KERNEL_THREAD)


_MOST_BYTES: Final = 4096
"""Size limit of a one-line file in /proc."""


def _line(path: str) -> str:
    """Return a file's line; with a Path, a thousand threads would take much longer."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, _MOST_BYTES).decode(errors="replace")
    finally:
        os.close(fd)


def task(tid: int, proc: Path = PROC) -> Task | None:
    """Return the task ``tid``, None if there is none."""
    try:
        text = _line(f"{proc}/{tid}/stat")
    except OSError:
        return None
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    return Task(
        tid=tid,
        comm=head.partition("(")[2],
        state=fields[0],
        flags=int(fields[_FLAGS]),
        start=int(fields[_START]),
    )


def tids_of(pid: int, proc: Path = PROC) -> list[int]:
    """Return the tids of a process, none if there is no such process."""
    try:
        return [int(entry.name) for entry in (proc / str(pid) / "task").iterdir()]
    except OSError:
        return []


def pid_of(tid: int, proc: Path = PROC) -> int | None:
    """Return the process that ``tid`` is a thread of, None if there is none."""
    try:
        lines = (proc / str(tid) / "status").read_text(errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("Tgid:")), None)


def call_of(tid: int, proc: Path = PROC) -> tuple[int, ...] | None:
    """Return number and arguments of the system call that a task sleeps in; None if in none.

    Only the owner can read the file, and only with permission to ptrace the task.
    """
    path = f"{proc}/{tid}/syscall"
    try:
        with as_file_owner(os.stat(path).st_uid):  # noqa: PTH116 -- see _line()
            words = _line(path).split()
    except OSError:
        return None
    if len(words) < 7 or words[0] == "-1":  # "running", or stopped outside of any call
        return None
    return (int(words[0]), *(int(word, 16) for word in words[1:7]))
