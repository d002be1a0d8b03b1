"""An epoll instance that is watched by another: the event is that there is an event inside."""

from __future__ import annotations

import select
from typing import Any

from tracer.workloads.multiplex import Multiplexed
from tracer.workloads.rig import Rig


class EpollNested(Multiplexed):
    """Per round an epoll_wait on the outer instance, and one on the inner, which has the fds."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.inner: select.epoll | None = None
        self.outer: select.epoll | None = None

    def run(self) -> None:
        """Make both instances, then wait outside, fetch inside, and read, ``rounds`` times."""
        self.returned = []
        inner = self.inner = self._instance()
        outer = self.outer = self._instance()
        for channel in self.rig.channels:
            self._add(inner, channel.watched)
        self._add(outer, inner.fileno())
        for _ in range(self.phase.rounds):
            self.rig.make_ready(0, self.phase.active)
            self._fetch(outer, inner)

    def _fetch(self, outer: select.epoll, inner: select.epoll) -> None:
        """Wait until every active fd was returned: one turn, or more if they trickle in."""
        missing = {channel.watched for channel in self.rig.active}
        while missing:
            self._wait(outer, None)
            ready = self._wait(inner, 0)
            for fd in ready:
                self.rig.read(self.rig.by_fd[fd])
            missing.difference_update(ready)

    def _wait(self, epoll: select.epoll, timeout_s: float | None) -> list[int]:
        events = epoll.poll(timeout_s, self.phase.fds)
        self.tally.add("epoll_wait", len(events))
        self.returned.append([fd for fd, _ in events])
        return self.returned[-1]

    def _instance(self) -> select.epoll:
        epoll = select.epoll()
        self.tally.add("epoll_create", epoll.fileno())
        return epoll

    def _add(self, epoll: select.epoll, fd: int) -> None:
        epoll.register(fd, select.EPOLLIN)
        self.tally.add("epoll_ctl", 0)

    def results(self) -> dict[str, Any]:
        """Return the common results and the numbers of both epoll fds."""
        assert self.inner is not None
        assert self.outer is not None
        fds = {"inner": self.inner.fileno(), "outer": self.outer.fileno()}
        return {**super().results(), **fds}

    def close(self) -> None:
        """Close both, the outer one first; that drops their entries."""
        for epoll in (self.outer, self.inner):
            if epoll is not None:
                epoll.close()
