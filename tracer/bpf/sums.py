"""Reads the sums that the probes keep instead of records (``probes/sums.bpf.h``)."""

from __future__ import annotations

from typing import Any, Final

from tracer.bpf.layouts import STRUCTURES
from tracer.bpf.libbpf import Libbpf
from tracer.shared.sums import COUNTS, SumKey, Sums

MAPS: Final = ("sums", "no_sums")
MOST: Final = 65_536
"""Number of keys there is room for: threads times fds times kinds of calls."""
_PIECE: Final = 1024
"""Keys read per batch: a buffer for all of them would be 42 MiB, cleared at each reading."""
_KEY: Final[Any] = STRUCTURES["sum_key"]
_SUMS: Final[Any] = STRUCTURES["sums"]


def read(lib: Libbpf, map_fd: int) -> dict[SumKey, Sums]:
    """Return all sums of the map by key. What is added meanwhile is in this reading or the next."""
    keys, values = (_KEY * _PIECE)(), (_SUMS * _PIECE)()
    return {
        _key(keys[place]): _sums(values[place])
        for count in lib.map_read(map_fd, keys, values, _PIECE)
        for place in range(count)
    }


def forget(lib: Libbpf, map_fd: int) -> None:
    """Delete all sums; no probe may be adding meanwhile."""
    for key in read(lib, map_fd):
        lib.map_delete(map_fd, _KEY(*key))


def _key(key: Any) -> SumKey:
    return SumKey(key.pid, key.tid, key.fd, key.syscall)


def _sums(sums: Any) -> Sums:
    counts = {name: getattr(sums, name) for name in COUNTS}
    return Sums(counts, list(sums.took), list(sums.gaps))
