"""Signal-driven I/O: the kernel sends a signal when an fd gets ready, and the program reads."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
from typing import Any, Final

from tracer.shared.errors import WorkloadError
from tracer.shared.rawcalls import syscall
from tracer.workloads.models import Model
from tracer.workloads.rig import Rig

READY: Final = signal.SIGRTMIN + 1
"""A real-time signal: one is queued per readiness, and carries its fd. SIGIO does neither."""

_SIGSET_BYTES: Final = 8
_SIGINFO_BYTES: Final = 128
_SI_FD: Final = slice(24, 28)
"""Offset of the fd in ``struct siginfo`` (uapi/asm-generic/siginfo.h, 64 bits)."""


class Sigio(Model):
    """F_SETOWN, F_SETSIG and O_ASYNC for each fd; then per signal a wait and a read.

    The waiter takes the signal by rt_sigtimedwait, called raw: Python's omits the fd.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.wanted = ctypes.c_uint64(1 << READY - 1)
        self.info = ctypes.create_string_buffer(_SIGINFO_BYTES)
        self.pid = os.getpid()
        self.signalled: list[int] = []
        self.vain = 0

    def prepare(self) -> None:
        """Block the signal, so that it stays pending until taken; start the waker."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {READY})
        self.rig.start_waker()

    def run(self) -> None:
        """Enable the signals, then make fds ready and take the signals ``rounds`` times."""
        for channel in self.rig.channels:
            self._ask_for_signals(channel.watched)
        for _ in range(self.phase.rounds):
            self.rig.make_ready(0, self.phase.active)
            self._collect()

    def _ask_for_signals(self, fd: int) -> None:
        self.tally.add("fcntl", fcntl.fcntl(fd, fcntl.F_SETOWN, self.pid))
        self.tally.add("fcntl", fcntl.fcntl(fd, fcntl.F_SETSIG, READY))
        self.tally.add("fcntl", fcntl.fcntl(fd, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK))

    def _collect(self) -> None:
        """Take signals until each active fd was read."""
        missing = {channel.watched for channel in self.rig.active}
        while missing:
            fd = self._take_signal()
            if self.rig.read(self.rig.by_fd[fd]) > 0:
                missing.discard(fd)
            else:
                self.vain += 1

    def _take_signal(self) -> int:
        """Wait for the signal and return the fd that it is about."""
        ret = self._wait()
        while ret < 0:
            ret = self._wait()
        fd = int.from_bytes(self.info.raw[_SI_FD], "little")
        self.signalled.append(fd)
        if fd not in self.rig.by_fd:
            raise WorkloadError(f"signal {ret} tells of fd {fd}, which is not watched")
        return fd

    def _wait(self) -> int:
        wanted, info = ctypes.addressof(self.wanted), ctypes.addressof(self.info)
        ret = syscall("rt_sigtimedwait", wanted, info, 0, _SIGSET_BYTES)
        return self.tally.add("rt_sigtimedwait", ret)

    def results(self) -> dict[str, Any]:
        """Return the signal, the fds of the signals in order, and the reads that found nothing."""
        return {
            **super().results(),
            "signal": READY,
            "signalled": self.signalled,
            "vain": self.vain,
        }

    def close(self) -> None:
        """Drop pending signals, and those that closing a pipe's end will send."""
        signal.signal(READY, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {READY})
