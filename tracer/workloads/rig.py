"""What a phase works with: its fds, its waker, its tally."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from tracer.errors import WorkloadError
from tracer.workloads import fds, waker
from tracer.workloads.child import signals_held
from tracer.workloads.fds import Channel
from tracer.workloads.spec import Phase
from tracer.workloads.tally import Tally


class Rig:
    """The open fds of ``phase`` in scan order, and every call on them, counted."""

    def __init__(self, phase: Phase) -> None:
        self.phase = phase
        self.tally = Tally()
        self.bytes_read = 0
        self.waker: waker.Waker | None = None
        self.channels = fds.open_channels(phase.fd_kind, phase.fds)
        self.active = self.channels[_active(phase)]
        self.by_fd = {channel.watched: channel for channel in self.channels}

    def start_waker(self, *, tells: bool = False) -> None:
        """Start the waker if the phase has one; ``tells``: see ``waker.Manner``."""
        if self.phase.waker == "while-asleep":
            manner = waker.Manner(self.phase.delay_ms, tells=tells)
            with signals_held():
                self.waker = waker.start(self.active, manner)

    def start_scripted_waker(self, script: Sequence[Channel]) -> None:
        """Start a waker for the channels of ``script``: the waiter must sleep before each write.

        ``make_ready`` then counts places in ``script``.
        """
        manner = waker.Manner(self.phase.delay_ms, each_asleep=True)
        with signals_held():
            self.waker = waker.start(script, manner)

    def make_ready(self, first: int, count: int) -> None:
        """Make ``count`` active fds ready from ``first`` on: now, by the waker, or never."""
        if self.waker is not None:
            self.tally.add("write", self.waker.ask(first, count))
        elif self.phase.waker == "before":
            for channel in self.active[first : first + count]:
                self.write(channel)

    def write(self, channel: Channel) -> None:
        """Make ``channel`` ready by one write."""
        try:
            self.tally.add("write", channel.send())
        except BlockingIOError as error:
            raise WorkloadError(
                f"fd {channel.writer} is full: what was written is not read; "
                f"set drain true or lower rounds below {self.phase.rounds}"
            ) from error

    def read(self, channel: Channel) -> int:
        """Read ``channel`` by one call and return its bytes, or -EAGAIN if it has none."""
        try:
            size = self.tally.add("read", len(channel.receive()))
        except BlockingIOError:
            return self.tally.add("read", -errno.EAGAIN)
        self.bytes_read += size
        return size

    def close(self) -> None:
        """End the waker, then close all fds."""
        if self.waker is not None:
            self.waker.stop()
        fds.close_channels(self.channels)


def _active(phase: Phase) -> slice:
    first = {
        "first": 0,
        "middle": (phase.fds - phase.active) // 2,
        "last": phase.fds - phase.active,
    }[phase.position]
    return slice(first, first + phase.active) if phase.waker != "none" else slice(0)
