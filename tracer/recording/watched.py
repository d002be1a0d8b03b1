"""Which running tasks to watch: by pid, tid, name, cgroup, or all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tracer.recording.proc import pid_of, task, tids_of
from tracer.shared.errors import UsageError
from tracer.shared.message import message

KINDS: Final = ("pid", "tid", "comm", "cgroup", "all")
CGROUP_ROOTS: Final = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
"""Where version 2 is mounted: beside version 1, or alone."""
_OF_VERSION_2: Final = "cgroup.controllers"
_COMM_BYTES: Final = 15


class Watched(NamedTuple):
    """Which tasks to watch; numbers are those of the recorder's pid namespace."""

    kind: str
    values: tuple[str, ...] = ()
    follow: bool = True
    """Also trace what they start."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The pids or tids."""
        return tuple(map(int, self.values))

    @property
    def value(self) -> str:
        """The value as it was given."""
        return ",".join(self.values)


def checked(watched: Watched) -> Watched:
    """Return which tasks to watch, once known to exist, or raise UsageError."""
    check: dict[str, Callable[[Watched], Watched]] = {
        "pid": _checked_pids,
        "tid": _checked_tids,
        "comm": _checked_comm,
        "cgroup": _checked_cgroup,
        "all": lambda all_of_them: all_of_them,
    }
    return check[watched.kind](watched)


def _checked_pids(watched: Watched) -> Watched:
    for number in _numbers("-p", watched.values):
        _check_task("-p", number)
        pid = pid_of(number)
        if pid is not None and pid != number:
            raise UsageError(
                message(
                    "-p {tid}: that is a thread of process {pid}; use -p {pid} or -t {tid}",
                    tid=number,
                    pid=pid,
                )
            )
    return watched


def _checked_tids(watched: Watched) -> Watched:
    for number in _numbers("-t", watched.values):
        _check_task("-t", number)
    return watched


def _numbers(option: str, values: Sequence[str]) -> list[int]:
    if wrong := [value for value in values if not value.isdecimal() or int(value) == 0]:
        raise UsageError(
            message(
                "{option} {value}: needed: a number, or several: 1,2", option=option, value=wrong[0]
            )
        )
    return list(map(int, values))


def _check_task(option: str, tid: int) -> None:
    found = task(tid)
    if found is None:
        raise UsageError(message("{option} {tid}: no such process", option=option, tid=tid))
    if pid_of(tid) == os.getpid():
        raise UsageError(message("{option} {tid}: that is tracer itself", option=option, tid=tid))
    if found.is_kernel_thread:
        raise UsageError(
            message(
                "{option} {tid}: {comm} is a kernel thread, which makes no system calls",
                option=option,
                tid=tid,
                comm=found.comm,
            )
        )
    if found.state in "ZX" and len(tids_of(tid)) < 2:
        raise UsageError(
            message(
                "{option} {tid}: {comm} has ended (a zombie)",
                option=option,
                tid=tid,
                comm=found.comm,
            )
        )


def _checked_comm(watched: Watched) -> Watched:
    name = os.fsencode(watched.values[0])
    if not name or len(name) > _COMM_BYTES:
        raise UsageError(
            message(
                "--comm {name}: the kernel keeps {most} bytes of a name; give the first {most}",
                name=watched.values[0],
                most=_COMM_BYTES,
            )
        )
    return watched


def _checked_cgroup(watched: Watched) -> Watched:
    """Return it with its directory: a path below the root of version 2 is accepted too."""
    given = watched.values[0]
    places = [Path(given), *(root / given.lstrip("/") for root in CGROUP_ROOTS)]
    found = next((place for place in places if (place / _OF_VERSION_2).is_file()), None)
    if found is None:
        raise UsageError(
            message(
                "--cgroup {path}: no such cgroup (version 2); a process's is the path on the 0:: "
                "line of /proc/PID/cgroup, a container's that of its first process",
                path=given,
            )
        )
    return watched._replace(values=(str(found),))
