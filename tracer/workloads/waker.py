"""A second process that makes fds ready once the waiter sleeps in its call.

It is forked, so it shares the write ends. Its commands come through a pipe, and it ends
when that pipe closes: it can't outlive a waiter that was killed.
"""

from __future__ import annotations

import os
import signal
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from tracer.workloads.fds import Channel

WRITTEN: Final = signal.SIGUSR1
"""Tells a waiter that isn't in a read that the data is there."""

_STOPPING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
_COMMAND: Final = struct.Struct("<II")
_LOOK_AGAIN_S: Final = 0.0005
_STILL_THERE_S: Final = 0.1
_STAT_BYTES: Final = 1024


class Waker(NamedTuple):
    """The waiter's side of a running waker."""

    pid: int
    command_fd: int

    def ask(self, first: int, count: int) -> int:
        """Ask to write to ``count`` active fds from ``first`` on; return the write's result."""
        return os.write(self.command_fd, _COMMAND.pack(first, count))

    def stop(self) -> None:
        """End the waker, in its delay too, and take its exit status."""
        os.close(self.command_fd)
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold back the signals that stop a workload until the body is through."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start(active: Sequence[Channel], delay_ms: int, *, tells: bool) -> Waker:
    """Fork a waker for ``active``; with ``tells`` it sends WRITTEN after each command.

    Call it with ``signals_held``: a handler of the waiter's that raised in the child would
    make a second waiter of it, and one that raised in the parent would lose the waker.
    """
    command_fd, own_end = os.pipe()
    waiter = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(own_end)
        _child(lambda: _serve(command_fd, waiter, active, delay_ms / 1000, tells))
    os.close(command_fd)
    return Waker(pid, own_end)


def _child(serve: Callable[[], None]) -> None:
    """Serve, and leave without the waiter's clean-up. Never returns."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Ctrl-C reaches the whole group: the waiter stops, and ends its waker.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        serve()
        status = 0
    except OSError as error:
        os.write(2, f"waker: {error}\n".encode())
    finally:
        os._exit(status)


def _serve(
    command_fd: int, waiter: int, active: Sequence[Channel], delay_s: float, tells: bool
) -> None:
    stat_fd = os.open(f"/proc/{waiter}/stat", os.O_RDONLY)
    while command := os.read(command_fd, _COMMAND.size):
        first, count = _COMMAND.unpack(command)
        if not (_wait_until_asleep(stat_fd, waiter) and _let_sleep(delay_s, waiter)):
            return
        for channel in active[first : first + count]:
            channel.send()
        if tells:
            os.kill(waiter, WRITTEN)


def _wait_until_asleep(stat_fd: int, waiter: int) -> bool:
    """Return True once the waiter was seen asleep twice in a row, False if it is gone."""
    seen = 0
    while seen < 2:
        if os.getppid() != waiter:
            return False
        seen = seen + 1 if _state(stat_fd) == b"S" else 0
        time.sleep(_LOOK_AGAIN_S)
    return True


def _let_sleep(delay_s: float, waiter: int) -> bool:
    """Return True after ``delay_s``, False as soon as the waiter is seen to be gone."""
    end = time.monotonic() + delay_s
    while (left := end - time.monotonic()) > 0:
        if os.getppid() != waiter:
            return False
        time.sleep(min(left, _STILL_THERE_S))
    return True


def _state(stat_fd: int) -> bytes:
    """Return the state letter: the field after the name, which may hold any character."""
    stat = os.pread(stat_fd, _STAT_BYTES, 0)
    return stat[stat.rindex(b")") + 2 :][:1]
