"""Opens a file of each kind that can be polled. Standard library only."""

from __future__ import annotations

import ctypes
import errno
import os
import pty
import select
import socket
from collections.abc import Callable, Mapping
from typing import Final

from tracer.bpf.breakpoint import online_cpus, open_event
from tracer.shared.rawcalls import syscall
from tracer.shared.uring_ring import Params, setup

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_CLOCK_MONOTONIC: Final = 1
_FAN_CLASS_NOTIF: Final = 0
_SOFTWARE_PMU: Final = 1
_SIGNAL_SET: Final = 128
"""Bytes of glibc's sigset_t."""


def checked(fd: int) -> int:
    """Return the result of a function of libc; raise OSError if it failed."""
    if fd < 0:
        number = ctypes.get_errno() or errno.EIO
        raise OSError(number, os.strerror(number))
    return fd


def timerfd(after_ns: int = 0) -> int:
    """Return a timerfd that expires once, in ``after_ns``; 0: never."""
    fd = checked(_LIBC.timerfd_create(_CLOCK_MONOTONIC, 0))
    when = (ctypes.c_int64 * 4)(0, 0, after_ns // 10**9, after_ns % 10**9)
    checked(_LIBC.timerfd_settime(fd, 0, when, None))
    return fd


def signalfd(*signals: int) -> int:
    """Return a signalfd of ``signals``."""
    bits = sum(1 << (number - 1) for number in signals)
    return checked(_LIBC.signalfd(-1, bits.to_bytes(_SIGNAL_SET, "little"), 0))


def _tty() -> int:
    master, fd = pty.openpty()
    _KEPT.append(master)
    return fd


def _socket() -> int:
    here, there = socket.socketpair()
    _KEPT.append(there.detach())
    return here.detach()


def _pipe() -> int:
    reader, writer = os.pipe()
    _KEPT.append(writer)
    return reader


def _epoll() -> int:
    with select.epoll() as epoll:
        return os.dup(epoll.fileno())


def _mqueue() -> int:
    name = b"/tracer-%d" % os.getpid()
    fd = checked(_LIBC.mq_open(name, os.O_RDONLY | os.O_CREAT, 0o600, None))
    _LIBC.mq_unlink(name)
    return fd


def _userfaultfd() -> int:
    fd = syscall("userfaultfd", os.O_CLOEXEC | os.O_NONBLOCK)
    if fd < 0:
        raise OSError(-fd, os.strerror(-fd))
    return fd


def _io_uring() -> int:
    fd = setup(1, Params())
    if fd < 0:
        raise OSError(-fd, os.strerror(-fd))
    return fd


_KEPT: Final[list[int]] = []
"""The other ends, kept open: a pipe without a writer is ready at once."""

OPENERS: Final[Mapping[str, Callable[[], int]]] = {
    "socket": _socket,
    "pipe": _pipe,
    "eventfd": lambda: os.eventfd(0),
    "tty": _tty,
    "epoll": _epoll,
    "timerfd": timerfd,
    "signalfd": lambda: signalfd(10),
    "inotify": lambda: checked(_LIBC.inotify_init1(0)),
    "fanotify": lambda: checked(_LIBC.fanotify_init(_FAN_CLASS_NOTIF, os.O_RDONLY)),
    "pidfd": lambda: os.pidfd_open(os.getpid()),
    "perf": lambda: open_event(_SOFTWARE_PMU, online_cpus()[0], config=(0, 0)),
    "mqueue": _mqueue,
    "userfaultfd": _userfaultfd,
    "io-uring": _io_uring,
}
"""Kind of file → a function that opens one; OSError if the kernel lacks or refuses it."""


def poll_once(kind: str) -> None:
    """Poll a file of ``kind`` once, without waiting."""
    _poll(OPENERS[kind]())


def poll_file(path: str) -> None:
    """Poll the file at ``path`` once, without waiting."""
    _poll(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def _poll(fd: int) -> None:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    poll.poll(0)
    os.close(fd)
