"""select: the sets go in and out with every call. glibc 2.36 makes it a pselect6."""

from __future__ import annotations

import select

from tracer.workloads.multiplex import Multiplexed, timeout_s


class Select(Multiplexed):
    """One select call per round on the read set."""

    def watch(self) -> None:
        """List the fds; nothing is registered with the kernel."""
        self.fds = [channel.watched for channel in self.rig.channels]
        self.timeout_s = timeout_s(self.phase.timeout_ms)

    def wait(self) -> list[int]:
        """Call select; the kernel returns the number of bits it set."""
        ready, _, _ = select.select(self.fds, (), (), self.timeout_s)
        self.tally.add("select", len(ready))
        return ready
