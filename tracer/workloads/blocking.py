"""Blocking I/O: a read on an empty fd that returns when there is data."""

from __future__ import annotations

from tracer.workloads.models import Model


class Blocking(Model):
    """One read per active fd and round; sockets by recvfrom, other fds by read."""

    def run(self) -> None:
        """Ask for data, then wait for it in the read."""
        for _ in range(self.phase.rounds):
            for index, channel in enumerate(self.rig.active):
                self.rig.make_ready(index, 1)
                self.rig.read(channel)
