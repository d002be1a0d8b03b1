"""What a phase works with: its fds, its waker, its tally."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from tracer.shared.errors import WorkloadError
from tracer.shared.phase import Phase
from tracer.workloads import fds, waker, wires
from tracer.workloads.child import signals_held
from tracer.workloads.fds import Channel
from tracer.workloads.registry import workload
from tracer.workloads.tally import Tally


class Rig:
    """The open fds of ``phase`` in scan order, and every call on them, counted."""

    def __init__(self, phase: Phase) -> None:
        self.phase = phase
        self.tally = Tally()
        self.bytes_read = 0
        self.waker: waker.Waker | None = None
        self.link = wires.join(phase)
        count = 0 if workload(phase.model).opens_fds else phase.fds
        self.take(fds.open_channels(phase.fd_kind, count, self.link))
        if count:
            self.shape_link()

    def take(self, channels: list[Channel]) -> None:
        """Take ``channels`` as the open fds."""
        self.channels = channels
        self.active = channels[active_slice(self.phase)]
        self.by_fd = {channel.watched: channel for channel in channels}

    def shape_link(self) -> None:
        """Delay the link's packets if the phase has a wan; the connections exist by now."""
        self.link = wires.shape(self.phase, self.link)

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
        """Make ``channel`` ready by one write. Raises WorkloadError if it is full."""
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
        """End the waker, then close all fds and release the link."""
        if self.waker is not None:
            self.waker.stop()
        fds.close_channels(self.channels)
        self.link.close()


def active_slice(phase: Phase) -> slice:
    """Return which of the phase's fds are made ready."""
    first = {
        "first": 0,
        "middle": (phase.fds - phase.active) // 2,
        "last": phase.fds - phase.active,
    }[phase.position]
    return slice(first, first + phase.active) if phase.waker != "none" else slice(0)
