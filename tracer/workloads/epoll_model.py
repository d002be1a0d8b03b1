"""epoll: each fd is registered once, and only what is ready comes back."""

from __future__ import annotations

import select
from typing import Any, Final

from tracer.workloads.instance import Instance
from tracer.workloads.multiplex import Multiplexed, timeout_s
from tracer.workloads.rig import Rig

TRIGGER_FLAGS: Final = {
    "level": 0,
    "edge": select.EPOLLET,
    "oneshot": select.EPOLLONESHOT,
    "exclusive": select.EPOLLEXCLUSIVE,
}
"""What the word in a phase's ``trigger`` adds to an fd's mask."""


class Epoll(Multiplexed):
    """epoll_create1 and an ADD per fd, then one epoll_wait per round, all in the phase."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.epoll: Instance | None = None
        self.mask = select.EPOLLIN | TRIGGER_FLAGS[self.phase.trigger]
        oneshot = self.phase.trigger == "oneshot" and self.phase.rearm == "none"
        self.rearm_by = "mod" if oneshot else self.phase.rearm
        self.timeout_s = timeout_s(self.phase.timeout_ms)

    def watch(self) -> None:
        """Make the epoll instance and add every fd to it."""
        self.epoll = Instance(self.tally)
        for channel in self.rig.channels:
            self.epoll.add(channel.watched, self.mask)

    def wait(self) -> list[int]:
        """Call epoll_wait with room for every watched fd."""
        assert self.epoll is not None
        return self.epoll.wait(self.phase.fds, self.timeout_s)

    def rearm(self, fd: int) -> None:
        """Change ``fd`` by a MOD, or remove and add it again, or leave it."""
        assert self.epoll is not None
        if self.rearm_by == "mod":
            self.epoll.modify(fd, self.mask)
        elif self.rearm_by == "del-add":
            self.epoll.remove(fd)
            self.epoll.add(fd, self.mask)

    def results(self) -> dict[str, Any]:
        """Return the common results and the epoll fd."""
        assert self.epoll is not None
        return {**super().results(), "epfd": self.epoll.fd}

    def close(self) -> None:
        """Close the epoll instance; that drops its entries."""
        if self.epoll is not None:
            self.epoll.close()
