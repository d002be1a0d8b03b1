"""select as many a C program calls it: n is FD_SETSIZE, whatever the highest fd, and three sets."""

from __future__ import annotations

import ctypes
from typing import Any, Final

from tracer.errors import WorkloadError
from tracer.workloads.limits import FD_SETSIZE
from tracer.workloads.rig import Rig
from tracer.workloads.select_model import Select

SETS: Final = 3
_SET_BYTES: Final = FD_SETSIZE // 8


class SelectRaw(Select):
    """One select call per round with n 1,024 and a read, a write and an except set.

    The read set has the fds, the others are empty: the kernel copies a set that is empty as
    well as one that is full. How many bytes it copies, n says, or the process's fd table.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.sets = [ctypes.create_string_buffer(_SET_BYTES) for _ in range(SETS)]

    def watch(self) -> None:
        """List the fds and make the bitmap of the read set."""
        super().watch()
        bits = 0
        for fd in self.fds:
            bits |= 1 << fd
        self.read_set = bits.to_bytes(_SET_BYTES, "little")

    def wait(self) -> list[int]:
        """Call select without a timeout; the kernel returns the number of bits it set."""
        self.sets[0].raw = self.read_set
        count: int = self.libc.select(FD_SETSIZE, *self.sets, None)
        if count < 0:
            raise WorkloadError(f"select of {self.phase.name!r}: errno {ctypes.get_errno()}")
        self.tally.add("select", count)
        found = int.from_bytes(self.sets[0].raw, "little")
        return [fd for fd in self.fds if found >> fd & 1]

    def results(self) -> dict[str, Any]:
        """Return what every waiting model does, and how many sets were passed."""
        return {**super().results(), "sets": SETS}
