"""The maps of an attached instrument: totals, live entries, rings; tasks are in ``tasks.py``.

Their layouts are in :mod:`tracer.bpf.layouts`.
"""

from __future__ import annotations

import ctypes as c
from collections.abc import Callable
from typing import Final, NamedTuple

from tracer.bpf import sums, tasks
from tracer.bpf.layouts import LOSSES, TaskState
from tracer.bpf.layouts import Totals as TotalsStruct
from tracer.bpf.libbpf import Libbpf
from tracer.bpf.ring import Ring
from tracer.bpf.tasks import PROGRAMS, Tasks, keys_of
from tracer.shared.errors import TracerError
from tracer.shared.message import message
from tracer.shared.records import CALL_CELL, STEP_CELL, TASK_CELL
from tracer.shared.sums import SumKey, Sums

MAPS: Final = (
    "tids", *tasks.MAPS, *sums.MAPS, "entries", "instances", "waiters", "totals", "lives", "calls",
    "steps",
)  # fmt: skip
_VALUE_BYTES: Final = {"tasks": c.sizeof(TaskState), "totals": c.sizeof(TotalsStruct)}
RINGS: Final = ("calls", "steps", "lives")
_CELL_BYTES: Final = {"calls": CALL_CELL.size, "steps": STEP_CELL.size, "lives": TASK_CELL.size}


class Totals(NamedTuple):
    """What the probes counted for the whole recording."""

    losses: dict[str, int]
    """Records and map entries that found no room, by ring or map."""
    joined: int
    """Tasks that were traced at any time."""
    hits: list[int]
    """By hook id, hits in the context of traced tasks."""
    elsewhere: list[int]
    """By hook id, hits in the context of other tasks, on entries of traced ones."""


class Maps:
    """Reads and writes the maps of one instrument."""

    def __init__(
        self,
        lib: Libbpf,
        fd_of: Callable[[str], int],
        program_fd_of: Callable[[str], int],
        sizes: dict[str, int],
    ) -> None:
        """Open the maps and map the rings.

        Args:
            lib: libbpf.
            fd_of: returns the fd of a map by its name.
            program_fd_of: returns the fd of a program by its name.
            sizes: bytes of each ring, by its name.

        Raises:
            TracerError: the probes were built from other sources than this file's.
        """
        self._lib = lib
        self._fds = {name: fd_of(name) for name in MAPS}
        for name, size in _VALUE_BYTES.items():
            self._check_size(name, size)
        self.tasks = Tasks(
            lib,
            {name: self._fds[name] for name in tasks.MAPS},
            {name: program_fd_of(name) for name in PROGRAMS},
        )
        self.rings = {
            name: Ring(self._fds[name], sizes[name], cell)
            for name, cell in _CELL_BYTES.items()
            if name in sizes
        }

    def _check_size(self, name: str, size: int) -> None:
        """Check the size: the kernel copies whole values, beyond the end of a smaller buffer."""
        found = self._lib.map_value_bytes(self._fds[name])
        if found != size:
            raise TracerError(
                message(
                    "the built probes have {found} bytes in the map {name}, this tracer {size}: "
                    "their versions differ; run scripts/build",
                    found=found,
                    name=name,
                    size=size,
                )
            )

    def release_all(self) -> None:
        """Forget all tasks, their entries and the totals: a new recording begins."""
        self.tasks.release_all()
        self.tasks.forget_lost()
        for name in ("entries", "instances", "waiters"):
            for number in keys_of(self._lib, self._fds[name], c.c_uint64):
                self._lib.map_delete(self._fds[name], c.c_uint64(number))
        sums.forget(self._lib, self._fds["sums"])
        self._lib.map_update(self._fds["totals"], c.c_uint32(0), TotalsStruct())

    def totals(self) -> Totals:
        """Return losses and hits since the recording began, of tasks that have ended or left."""
        found = TotalsStruct()
        self._lib.map_lookup(self._fds["totals"], c.c_uint32(0), found)
        return Totals(
            losses={name: getattr(found.losses, name) for name in LOSSES},
            joined=found.joined,
            hits=list(found.hits),
            elsewhere=list(found.elsewhere),
        )

    def sums(self) -> dict[SumKey, Sums]:
        """Return the sums of the calls of tasks that joined with ``Flags.ADDS_UP``."""
        return sums.read(self._lib, self._fds["sums"])

    def live_entries(self) -> int:
        """Return how many epoll entries of traced tasks are still on their queues."""
        return len(keys_of(self._lib, self._fds["entries"], c.c_uint64))

    def close(self) -> None:
        """Unmap the rings."""
        for ring in self.rings.values():
            ring.close()
