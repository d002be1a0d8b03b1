"""An epoll instance watched by another: the outer event is that the inner one has an event."""

from __future__ import annotations

from typing import Any

from tracer.workloads.instance import Instance
from tracer.workloads.multiplex import Multiplexed
from tracer.workloads.rig import Rig


class EpollNested(Multiplexed):
    """Per round an epoll_wait on the outer instance, and one on the inner, which has the fds."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.inner: Instance | None = None
        self.outer: Instance | None = None

    def run(self) -> None:
        """Make both instances, then wait outside, fetch inside, and read, ``rounds`` times."""
        self.returned = []
        inner = self.inner = Instance(self.tally)
        outer = self.outer = Instance(self.tally)
        for channel in self.rig.channels:
            inner.add(channel.watched)
        outer.add(inner.fd)
        for _ in range(self.phase.rounds):
            self.rig.make_ready(0, self.phase.active)
            self._fetch(outer, inner)

    def _fetch(self, outer: Instance, inner: Instance) -> None:
        """Wait until every active fd was returned: in one round, or more if they trickle in."""
        missing = {channel.watched for channel in self.rig.active}
        while missing:
            self._wait(outer, None)
            ready = self._wait(inner, 0)
            for fd in ready:
                self.rig.read(self.rig.by_fd[fd])
            missing.difference_update(ready)

    def _wait(self, epoll: Instance, timeout_s: float | None) -> list[int]:
        self.returned.append(epoll.wait(self.phase.fds, timeout_s))
        return self.returned[-1]

    def results(self) -> dict[str, Any]:
        """Return the common results and both epoll fds."""
        assert self.inner is not None
        assert self.outer is not None
        fds = {"inner": self.inner.fd, "outer": self.outer.fd}
        return {**super().results(), **fds}

    def close(self) -> None:
        """Close both, the outer one first; that drops their entries."""
        for epoll in (self.outer, self.inner):
            if epoll is not None:
                epoll.close()
