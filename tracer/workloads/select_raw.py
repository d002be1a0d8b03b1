"""select as a C program can call it: three sets, and n as large as it likes."""

from __future__ import annotations

import ctypes
from typing import Any, Final

from tracer.shared.errors import WorkloadError
from tracer.shared.libc import LIBC, result
from tracer.workloads.limits import FD_SETSIZE
from tracer.workloads.select_model import Select

SETS: Final = 3
_LONG_BITS: Final = 64


class SelectRaw(Select):
    """One select call per round with a read, a write and an except set.

    n is FD_SETSIZE, whatever the highest fd, as in many programs; with fds beyond that it is one
    more than the highest, and the sets are as large: glibc's wrapper passes n on, only its macros
    and its type are limited to FD_SETSIZE.

    The read set has the fds, the others are empty: the kernel copies an empty set just like a full
    one. How many bytes it copies depends on n, or on the process's fd table.
    """

    def watch(self) -> None:
        """List the fds and make the bitmap of the read set."""
        super().watch()
        self.n = max(FD_SETSIZE, max(self.fds) + 1)
        set_bytes = -(-self.n // _LONG_BITS) * _LONG_BITS // 8
        bits = 0
        for fd in self.fds:
            bits |= 1 << fd
        self.sets = [ctypes.create_string_buffer(set_bytes) for _ in range(SETS)]
        self.read_set = bits.to_bytes(set_bytes, "little")

    def wait(self) -> list[int]:
        """Call select without a timeout; the kernel returns the number of bits it set.

        Raises WorkloadError if the kernel refuses the call.
        """
        self.sets[0].raw = self.read_set
        count = result(LIBC.select(self.n, *self.sets, None))
        if count < 0:
            raise WorkloadError(f"select of {self.phase.name!r}: errno {-count}")
        self.tally.add("select", count)
        found = int.from_bytes(self.sets[0].raw, "little")
        return [fd for fd in self.fds if found >> fd & 1]

    def results(self) -> dict[str, Any]:
        """Return the common results, and how many sets were passed."""
        return {**super().results(), "sets": SETS}
