"""A second process that makes fds ready once the waiter sleeps in its call.

It is forked, so it shares the write ends. Its commands come through a pipe, and it ends
when that pipe closes: it can't outlive a waiter that was killed.
"""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from tracer.workloads.asleep import open_stat, wait_until_slept
from tracer.workloads.child import fork
from tracer.workloads.fds import Channel

WRITTEN: Final = signal.SIGUSR1
"""Tells a waiter that isn't in a read that there is data."""

_COMMAND: Final = struct.Struct("<II")


class Waker(NamedTuple):
    """The waiter's side of a running waker."""

    pid: int
    command_fd: int

    def ask(self, first: int, count: int) -> int:
        """Request writes to ``count`` active fds from ``first`` on; return the write's result."""
        return os.write(self.command_fd, _COMMAND.pack(first, count))

    def stop(self) -> None:
        """End the waker, even in its delay, and reap it."""
        os.close(self.command_fd)
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)


class Manner(NamedTuple):
    """How a waker carries out a command.

    ``delay_ms`` is how long it lets the waiter sleep; ``tells``: it sends WRITTEN after each
    command; ``each_asleep``: it waits before each write for the waiter to sleep, not only before
    the first.
    """

    delay_ms: int
    tells: bool = False
    each_asleep: bool = False


def start(active: Sequence[Channel], manner: Manner) -> Waker:
    """Fork a waker for ``active``. Call it with ``child.signals_held``."""
    command_fd, own_end = os.pipe()
    waiter = os.getpid()

    def serve() -> None:
        os.close(own_end)
        _serve(command_fd, waiter, active, manner)

    pid = fork(serve, "waker")
    os.close(command_fd)
    return Waker(pid, own_end)


def _serve(command_fd: int, waiter: int, active: Sequence[Channel], manner: Manner) -> None:
    stat_fd = open_stat(waiter)
    while command := os.read(command_fd, _COMMAND.size):
        first, count = _COMMAND.unpack(command)
        for number, channel in enumerate(active[first : first + count]):
            watched = manner.each_asleep or number == 0
            if watched and not _is_asleep(stat_fd, waiter, manner.delay_ms / 1000):
                return
            channel.send()
        if manner.tells:
            os.kill(waiter, WRITTEN)


def _is_asleep(stat_fd: int, waiter: int, delay_s: float) -> bool:
    """Return True once the waiter has slept for ``delay_s``, False as soon as it is gone."""

    def has_ended() -> bool:
        return os.getppid() != waiter

    return wait_until_slept(stat_fd, delay_s, has_ended)
