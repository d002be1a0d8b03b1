"""The traced system calls: name, family, and the meaning of their arguments.

This is the only such table: the C enum of families and the C code that reads the arguments are made
from it (``tracer.bpf.tables``). Numbers are the architecture's (``tracer.shared.arch``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from tracer.shared import arch

EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD = 1, 2, 3
"""``op`` of an epoll_ctl (include/uapi/linux/eventpoll.h)."""


class Syscall(NamedTuple):
    """One traced system call."""

    name: str
    family: str
    arguments: tuple[tuple[str, int], ...]
    """Column of the call, or form of its timeout → number of the argument, from 1, that has it.

    ``fd``, ``nr``, ``op``, ``target``: 32 bits as they are. ``size``: bytes, for the column
    ``nr``; ``events``: a pointer to them, likewise. ``timeout_ms``: a number;
    ``timespec``, ``timeval``: a pointer. Each is a macro ``READ_…`` of probes/arguments.bpf.h.
    """

    @property
    def columns(self) -> frozenset[str]:
        """The columns of a call that its arguments give."""
        return frozenset(_COLUMNS.get(what, what) for what, _ in self.arguments)


_COLUMNS: Final = {
    "size": "nr", "events": "nr",
    "timeout_ms": "timeout_ns", "timespec": "timeout_ns", "timeval": "timeout_ns",
}  # fmt: skip
_NONE: Final[dict[str, int]] = {}
_FD: Final = {"fd": 1}
_BYTES: Final = {"fd": 1, "size": 3}

_FAMILIES: Final[dict[str, dict[str, dict[str, int]]]] = {
    "select": {
        "select": {"nr": 1, "timeval": 5},
        "pselect6": {"nr": 1, "timespec": 5},
    },
    "poll": {
        "poll": {"nr": 2, "timeout_ms": 3},
        "ppoll": {"nr": 2, "timespec": 3},
    },
    "epoll_create": {"epoll_create": {}, "epoll_create1": {}},
    "epoll_ctl": {"epoll_ctl": {"fd": 1, "op": 2, "target": 3, "events": 4}},
    "epoll_wait": {
        "epoll_wait": {"fd": 1, "nr": 3, "timeout_ms": 4},
        "epoll_pwait": {"fd": 1, "nr": 3, "timeout_ms": 4},
        "epoll_pwait2": {"fd": 1, "nr": 3, "timespec": 4},
    },
    "read": {
        **dict.fromkeys(("read", "recvfrom"), _BYTES),
        **dict.fromkeys(("readv", "recvmsg"), _FD),
        "recvmmsg": {"fd": 1, "timespec": 5},
    },
    "write": {
        **dict.fromkeys(("write", "sendto"), _BYTES),
        **dict.fromkeys(("writev", "sendmsg", "sendmmsg"), _FD),
    },
    "accept": dict.fromkeys(("accept", "accept4"), _FD),
    "connect": {"connect": _FD},
    "splice": {
        "sendfile": {"target": 1, "fd": 2, "size": 4},  # from the second fd to the first
        "splice": {"fd": 1, "target": 3, "size": 5},
    },
    # From here on no call queues a counted entry on its own stack: the probes test `kind >=
    # CALL_FCNTL`. They also test for ranges, select to epoll_wait and read to splice.
    "fcntl": {"fcntl": {"fd": 1, "op": 2}},
    "rt_sigtimedwait": {"rt_sigtimedwait": {"timespec": 3}},
    "io_submit": {"io_submit": {"nr": 2}},
    "io_getevents": {
        "io_getevents": {"nr": 3, "timespec": 5},
        "io_pgetevents": {"nr": 3, "timespec": 5},
    },
    "io_uring_setup": {"io_uring_setup": {"nr": 1}},
    "io_uring_enter": {"io_uring_enter": {"fd": 1, "nr": 2, "op": 3}},
    "close": {"close": _FD},
    # Other calls that may hold up a thread which has fds to wait for.
    "fsync": dict.fromkeys(("fsync", "fdatasync", "syncfs"), _FD),
    "open": dict.fromkeys(("open", "openat", "openat2"), _NONE),
    "futex": {"futex": {}},
    "nanosleep": dict.fromkeys(("nanosleep", "clock_nanosleep"), _NONE),
    "wait4": dict.fromkeys(("wait4", "waitid"), _NONE),
    "flock": {"flock": _FD},
}

SYSCALLS: Final = tuple(
    Syscall(name, family, tuple(arguments.items()))
    for family, members in _FAMILIES.items()
    for name, arguments in members.items()
)
FAMILIES: Final = tuple(_FAMILIES)
HOLDING: Final = ("fsync", "open", "futex", "nanosleep", "wait4", "flock")
"""Families that do no I/O on what a loop watches, but may hold it up."""
UNTALLIED: Final = ("accept", "connect", "splice", "close", *HOLDING)
"""Families for set-up, tear-down and hold-ups: a workload's truth may omit them."""
BY_NAME: Final = {call.name: call for call in SYSCALLS}


def by_number() -> Mapping[int, Syscall]:
    """Return the traced system calls by their numbers on the machine that this runs on.

    Raises:
        KernelError: there is no row of it in ``tracer.shared.arch``.
    """
    return _numbered(arch.here())


def by_number_of(machine: str) -> Mapping[int, Syscall]:
    """Return them by their numbers on ``machine``, as a trace names it; none if it is unknown."""
    rows = (row for row in arch.ARCHITECTURES if row.machine == machine)
    return next((_numbered(row) for row in rows), {})


def _numbered(row: arch.Arch) -> Mapping[int, Syscall]:
    return {row.syscalls[call.name]: call for call in SYSCALLS if call.name in row.syscalls}


def markdown() -> str:
    """Return the families as the table in docs/design.md."""
    rows = [f"| {family} | {', '.join(members)} |" for family, members in _FAMILIES.items()]
    return "\n".join(["| family | system calls |", "|---|---|", *rows])
