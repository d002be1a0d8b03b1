"""Non-blocking I/O: a read that finds nothing returns at once and is tried again."""

from __future__ import annotations

import os
import signal
from typing import Any

from tracer.workloads.fds import Channel
from tracer.workloads.models import Model
from tracer.workloads.waker import WRITTEN


class Nonblocking(Model):
    """Per active fd and round: ``polls`` reads of an empty fd, then one that finds data.

    A waker writes while the waiter sleeps elsewhere, in sigtimedwait, so that the data arrives with
    no read under way. Without a waker the last read is omitted.
    """

    eagain = 0

    def prepare(self) -> None:
        """Make the fds non-blocking, and block the signal that says "written"."""
        for channel in self.rig.channels:
            os.set_blocking(channel.watched, False)
        signal.pthread_sigmask(signal.SIG_BLOCK, {WRITTEN})
        self.rig.start_waker(tells=True)

    def run(self) -> None:
        """Read without data, have data written, and read it."""
        channels = self.rig.active or self.rig.channels[: self.phase.active]
        for _ in range(self.phase.rounds):
            for index, channel in enumerate(channels):
                for _ in range(self.phase.polls):
                    self._read(channel)
                self._get_message(index, channel)

    def _get_message(self, index: int, channel: Channel) -> None:
        if self.phase.waker == "none":
            return
        self.rig.make_ready(index, 1)
        if self.rig.waker is not None:
            info = signal.sigwaitinfo({WRITTEN})
            self.tally.add("rt_sigtimedwait", info.si_signo)
        while self._read(channel) < 0:
            pass

    def _read(self, channel: Channel) -> int:
        ret = self.rig.read(channel)
        self.eagain += ret < 0
        return ret

    def results(self) -> dict[str, Any]:
        """Return the bytes read and how often there was nothing (``eagain``)."""
        return {**super().results(), "eagain": self.eagain}

    def close(self) -> None:
        """Unblock the signal."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {WRITTEN})
