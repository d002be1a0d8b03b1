"""The loop that select, poll and epoll share: make ready, wait, read, until all were returned."""

from __future__ import annotations

from typing import Any, Final

from tracer.workloads.models import Model

_LISTED_EVENTS: Final = 1000
"""With more events than this, the truth omits which fds each call returned."""


class Multiplexed(Model):
    """Wait for many fds in one call; a subclass says which call."""

    def watch(self) -> None:
        """Register the fds; a system call made here is part of the phase."""

    def wait(self) -> list[int]:
        """Make one waiting call, count it, and return the fds it reported as ready."""
        raise NotImplementedError

    def rearm(self, fd: int) -> None:
        """Do what ``fd`` needs after its event to report another one."""

    def run(self) -> None:
        """Register, then make ready and wait ``rounds`` times."""
        self.returned: list[list[int]] = []
        self.watch()
        for _ in range(self.phase.rounds):
            self.rig.make_ready(0, self.phase.active)
            self._collect()

    def _collect(self) -> None:
        """Wait until every active fd was returned: one call, or more if they trickle in."""
        missing = {channel.watched for channel in self.rig.active}
        while True:
            ready = self.wait()
            self.returned.append(ready)
            for fd in ready:
                self._handle(fd)
            missing.difference_update(ready)
            if not missing:
                return

    def _handle(self, fd: int) -> None:
        if self.phase.drain:
            self.rig.read(self.rig.by_fd[fd])
        self.rearm(fd)

    def results(self) -> dict[str, Any]:
        """Return the bytes, the calls without an event, and the fds of each call (if few)."""
        found = {**super().results(), "timeouts": self.returned.count([])}
        if sum(map(len, self.returned)) <= _LISTED_EVENTS:
            found["ready"] = self.returned
        return found


def timeout_s(timeout_ms: int | None) -> float | None:
    """Return a timeout in seconds that Python rounds up to exactly ``timeout_ms``.

    It rounds up to whole µs (select) or ms (epoll), so x/1000 may become a unit more.
    """
    if not timeout_ms:
        return timeout_ms
    return (timeout_ms * 1000 - 0.5) / 1_000_000
