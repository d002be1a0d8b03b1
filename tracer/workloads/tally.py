"""The waiter's own counts: its system calls by family, with the kernel's results."""

from __future__ import annotations


class Tally:
    """Count and sum of results per family of system calls (``tracer.shared.syscalls``)."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._sums: dict[str, int] = {}

    def add(self, family: str, ret: int) -> int:
        """Count one call that returned ``ret`` (an error: -errno), and return ``ret``."""
        self._counts[family] = self._counts.get(family, 0) + 1
        self._sums[family] = self._sums.get(family, 0) + ret
        return ret

    def to_json(self) -> dict[str, dict[str, int]]:
        """Return the ``calls`` of a phase's truth."""
        return {
            family: {"count": count, "ret_sum": self._sums[family]}
            for family, count in self._counts.items()
        }
