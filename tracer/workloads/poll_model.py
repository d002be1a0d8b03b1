"""poll: the array of fds goes in with every call."""

from __future__ import annotations

import select

from tracer.workloads.multiplex import Multiplexed


class Poll(Multiplexed):
    """One poll call per round."""

    def watch(self) -> None:
        """List the fds in Python's object; nothing is registered with the kernel."""
        self.poller = select.poll()
        for channel in self.rig.channels:
            self.poller.register(channel.watched, select.POLLIN)

    def wait(self) -> list[int]:
        """Call poll; it scans in the order of registration."""
        events = self.poller.poll(self.phase.timeout_ms)
        self.tally.add("poll", len(events))
        return [fd for fd, _ in events]
