"""Several processes that wait for one fd by epoll: an instance each, or one for all."""

from __future__ import annotations

from typing import Any

from tracer.workloads.epoll_model import TRIGGER_FLAGS
from tracer.workloads.herd import Herd
from tracer.workloads.herd_waiter import EpollWaiter, Waiter, make_instance
from tracer.workloads.instance import Instance


class EpollHerd(Herd):
    """Each waiter makes an epoll instance of its own."""

    def waiter(self) -> Waiter:
        """Return a waiter with an instance to make."""
        waiter = EpollWaiter(self.event.watched, self.stop_fd, leave=self.phase.leave)
        waiter.flags = TRIGGER_FLAGS[self.phase.trigger]
        return waiter


class SharedEpollHerd(Herd):
    """All waiters wait on one epoll instance, which the parent made."""

    epoll: Instance | None = None

    def run(self) -> None:
        """Make the instance, then as all herds."""
        flags = TRIGGER_FLAGS[self.phase.trigger]
        self.epoll = make_instance(self.tally, self.event.watched, self.stop_fd, flags)
        super().run()

    def waiter(self) -> Waiter:
        """Return a waiter for the one instance."""
        assert self.epoll is not None
        waiter = EpollWaiter(self.event.watched, self.stop_fd, leave=self.phase.leave)
        waiter.epoll = Instance(waiter.tally, self.epoll.epoll)
        return waiter

    def results(self) -> dict[str, Any]:
        """Return the common results and the epoll fd."""
        assert self.epoll is not None
        return {**super().results(), "epfd": self.epoll.fd}

    def close(self) -> None:
        """End what is left, and close the instance."""
        super().close()
        if self.epoll is not None:
            self.epoll.close()
