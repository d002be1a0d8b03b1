"""System calls: name, number on x86-64, and of those that are traced their family.

Source: arch/x86/entry/syscalls/syscall_64.tbl (6.12); numbers never change.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Syscall(NamedTuple):
    """One traced system call."""

    name: str
    number: int
    family: str


_FAMILIES: Final[dict[str, dict[str, int]]] = {
    "select": {"select": 23, "pselect6": 270},
    "poll": {"poll": 7, "ppoll": 271},
    "epoll_create": {"epoll_create": 213, "epoll_create1": 291},
    "epoll_ctl": {"epoll_ctl": 233},
    "epoll_wait": {"epoll_wait": 232, "epoll_pwait": 281, "epoll_pwait2": 441},
    "read": {
        "read": 0, "readv": 19, "recvfrom": 45, "recvmsg": 47, "recvmmsg": 299,
    },
    "write": {"write": 1, "writev": 20, "sendto": 44, "sendmsg": 46, "sendmmsg": 307},
    "accept": {"accept": 43, "accept4": 288},
    "connect": {"connect": 42},
    "splice": {"sendfile": 40, "splice": 275},
    "fcntl": {"fcntl": 72},
    "rt_sigtimedwait": {"rt_sigtimedwait": 128},
    "io_submit": {"io_submit": 209},
    "io_getevents": {"io_getevents": 208, "io_pgetevents": 333},
    "io_uring_setup": {"io_uring_setup": 425},
    "io_uring_enter": {"io_uring_enter": 426},
    "close": {"close": 3},
}  # fmt: skip

SYSCALLS: Final = tuple(
    Syscall(name, number, family)
    for family, members in _FAMILIES.items()
    for name, number in members.items()
)
FAMILIES: Final = tuple(_FAMILIES)
UNTALLIED: Final = ("accept", "connect", "splice", "close")
"""Families of setting up and tearing down: a workload's truth may leave them out."""
BY_NUMBER: Final = {call.number: call for call in SYSCALLS}
BY_NAME: Final = {call.name: call for call in SYSCALLS}
LSEEK: Final = 8
UNTRACED: Final = {"io_setup": 206, "io_destroy": 207}
"""Those that workloads make by number beside the traced ones."""
