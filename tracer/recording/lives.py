"""What BPF programs cannot tell about a task that the recorder attaches to: read from /proc."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import NamedTuple

from tracer.recording.proc import PROC, Task
from tracer.recording.watched import CGROUP_ROOTS
from tracer.shared.clock import boot_ns
from tracer.shared.records import RING_HEADER, TASK, Life


class Place(NamedTuple):
    """The namespaces and cgroup of a process: inode numbers, 0 where not known."""

    pid_namespace: int
    cgroup: int


def place_of(pid: int, proc: Path = PROC) -> Place:
    """Return the namespaces and cgroup of a process."""
    here = proc / str(pid)
    return Place(_inode(here / "ns/pid"), _cgroup(here))


def joined_cell(task: Task, pid: int, place: Place, proc: Path = PROC) -> bytes:
    """Return the cell of a running task that joined; what cannot be read is 0."""
    same = place.pid_namespace == _own_namespace(proc)
    own_tid = task.tid if same else _own_tid(proc / str(task.tid))
    record = TASK.pack(
        boot_ns(), place.cgroup, task.tid, pid, 0, own_tid, place.pid_namespace,
        task.comm.encode()[:16], Life.JOINED,
    )  # fmt: skip
    return RING_HEADER.pack(TASK.size, 0) + record


@functools.cache
def _own_namespace(proc: Path) -> int:
    return _inode(proc / "self/ns/pid")


def _own_tid(here: Path) -> int:
    lines = _text(here / "status").splitlines()
    return next((int(line.split()[-1]) for line in lines if line.startswith("NSpid:")), 0)


def _inode(link: Path) -> int:
    """Return the inode number of a namespace, whose link reads ``pid:[4026531836]``."""
    try:
        return int(os.readlink(link).partition("[")[2].rstrip("]"))  # noqa: PTH115
    except (OSError, ValueError):
        return 0


def _cgroup(here: Path) -> int:
    """Return the id of the version 2 cgroup, which is its directory's inode number."""
    lines = _text(here / "cgroup").splitlines()
    below = next((line[3:] for line in lines if line.startswith("0::")), None)
    for root in CGROUP_ROOTS if below is not None else ():
        if (root / "cgroup.controllers").exists():
            try:
                return (root / str(below).lstrip("/")).stat().st_ino
            except OSError:
                return 0
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
