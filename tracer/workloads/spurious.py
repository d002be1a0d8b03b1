"""Calls that are woken for nothing: select, poll and epoll_wait that sleep more than once.

Every fd but the last is watched for urgent data only. Ordinary data comes to the first one
``spurious`` times while the waiter sleeps, then to the last one, which is watched for just that and
ends the call. Whether the waiter is woken in between depends on the kind of fd, by the key of its
wakeup: a socket's contains POLLPRI (6.1: net/core/sock.c sock_def_readable()), that of an eventfd
or a pipe does not.
"""

from __future__ import annotations

import select
from typing import Any

from tracer.workloads.fds import Channel
from tracer.workloads.instance import Instance
from tracer.workloads.multiplex import Multiplexed
from tracer.workloads.rig import Rig


class Spurious(Multiplexed):
    """One call per round, which may get ``spurious`` spurious wakeups."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.noise: Channel = rig.channels[0]
        (self.end,) = rig.active

    def prepare(self) -> None:
        """Start a waker that writes only while the waiter sleeps: the noise, then the end."""
        self.rig.start_scripted_waker([self.noise] * self.phase.spurious + [self.end])

    def run(self) -> None:
        """Wait, then read what came, ``rounds`` times."""
        self.returned = []
        self.watch()
        for _ in range(self.phase.rounds):
            self.rig.make_ready(0, self.phase.spurious + 1)
            self.returned.append(self.wait())
            if self.phase.spurious:
                self.rig.read(self.noise)
            self.rig.read(self.end)

    def results(self) -> dict[str, Any]:
        """Return the common results and the fd that got the noise."""
        return {**super().results(), "noise": self.noise.watched}


class SelectSpurious(Spurious):
    """select, the noise in the except set."""

    def wait(self) -> list[int]:
        """Call select without a timeout."""
        quiet = [channel.watched for channel in self.rig.channels[:-1]]
        ready, _, urgent = select.select([self.end.watched], (), quiet)
        self.tally.add("select", len(ready) + len(urgent))
        return ready + urgent


class PollSpurious(Spurious):
    """poll, the noise watched for POLLPRI."""

    def watch(self) -> None:
        """List the fds in Python's object; nothing is registered with the kernel."""
        self.poller = select.poll()
        for channel in self.rig.channels:
            mask = select.POLLIN if channel is self.end else select.POLLPRI
            self.poller.register(channel.watched, mask)

    def wait(self) -> list[int]:
        """Call poll without a timeout."""
        events = self.poller.poll()
        self.tally.add("poll", len(events))
        return [fd for fd, _ in events]


class EpollSpurious(Spurious):
    """epoll_wait, the noise added for EPOLLPRI."""

    epoll: Instance | None = None

    def watch(self) -> None:
        """Make the epoll instance and add every fd to it."""
        self.epoll = Instance(self.tally)
        for channel in self.rig.channels:
            mask = select.EPOLLIN if channel is self.end else select.EPOLLPRI
            self.epoll.add(channel.watched, mask)

    def wait(self) -> list[int]:
        """Call epoll_wait without a timeout."""
        assert self.epoll is not None
        return self.epoll.wait(self.phase.fds)

    def close(self) -> None:
        """Close the epoll instance; that drops its entries."""
        if self.epoll is not None:
            self.epoll.close()
