"""EPOLLONESHOT: an fd that gave its event, more data for it, and the MOD that arms it again."""

from __future__ import annotations

import select
from typing import Any

from tracer.workloads.instance import Instance
from tracer.workloads.multiplex import Multiplexed
from tracer.workloads.rig import Rig


class EpollOneshot(Multiplexed):
    """Three epoll_waits per round: armed, after the event, after a MOD.

    The first fd is ONESHOT; the last one is level-triggered and ends the second wait, which does
    not report the first one's data.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.epoll: Instance | None = None
        self.oneshot, self.bell = rig.channels[0], rig.channels[-1]

    def prepare(self) -> None:
        """Start a waker that writes only while the waiter sleeps."""
        self.rig.start_scripted_waker([self.oneshot, self.oneshot, self.bell])

    def run(self) -> None:
        """Add the fds, then ``rounds`` times: its event, no event, an event by a MOD."""
        self.returned = []
        self.epoll = Instance(self.tally)
        for channel in self.rig.channels:
            flags = select.EPOLLONESHOT if channel is self.oneshot else 0
            self.epoll.add(channel.watched, select.EPOLLIN | flags)
        for _ in range(self.phase.rounds):
            self.rig.make_ready(0, 1)
            self.returned.append(self.wait())
            self.rig.read(self.oneshot)
            self.rig.make_ready(1, 2)
            self.returned.append(self.wait())
            self.rig.read(self.bell)
            self._arm()
            self.returned.append(self.wait())
            self.rig.read(self.oneshot)
            self._arm()

    def wait(self) -> list[int]:
        """Call epoll_wait with room for every watched fd."""
        assert self.epoll is not None
        return self.epoll.wait(self.phase.fds)

    def _arm(self) -> None:
        assert self.epoll is not None
        self.epoll.modify(self.oneshot.watched, select.EPOLLIN | select.EPOLLONESHOT)

    def results(self) -> dict[str, Any]:
        """Return the common results and which fd is which."""
        assert self.epoll is not None
        return {
            **super().results(),
            "epfd": self.epoll.fd,
            "oneshot": self.oneshot.watched,
            "bell": self.bell.watched,
        }

    def close(self) -> None:
        """Close the epoll instance; that drops its entries."""
        if self.epoll is not None:
            self.epoll.close()
