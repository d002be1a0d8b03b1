"""poll on nothing: the cost of a call that only copies its array in and out."""

from __future__ import annotations

import ctypes
from typing import Any

from tracer.shared.errors import WorkloadError
from tracer.shared.libc import LIBC, result
from tracer.workloads.fds import Channel
from tracer.workloads.models import Model


class Pollfd(ctypes.Structure):
    """``struct pollfd`` of poll(2)."""

    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class PollIgnored(Model):
    """One poll per round with timeout 0, all of whose fds are negative.

    The kernel copies the array in, skips each entry (poll(2): a negative fd is ignored), and copies
    the results out: a scan without polling any file.
    """

    def active(self) -> list[Channel]:
        """Return no channel: nothing is made ready."""
        return []

    def prepare(self) -> None:
        """Make the array, with an entry per fd of the phase."""
        self.array = (Pollfd * self.phase.fds)(*[Pollfd(fd=-1)] * self.phase.fds)

    def run(self) -> None:
        """Call poll ``rounds`` times. Raises WorkloadError if the kernel refuses one."""
        for _ in range(self.phase.rounds):
            count = result(LIBC.poll(self.array, self.phase.fds, 0))
            if count < 0:
                raise WorkloadError(f"poll of {self.phase.name!r}: errno {-count}")
            self.tally.add("poll", count)

    def results(self) -> dict[str, Any]:
        """Return nothing more: there is nothing to read."""
        return {}
