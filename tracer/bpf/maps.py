"""The maps of an attached instrument: task slots, totals, live entries, rings.

Layouts are those of ``probes/state.h``; ``tests/test_records.py`` compares them with the
object's BTF.
"""

from __future__ import annotations

import ctypes as c
import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from tracer.bpf.libbpf import Libbpf
from tracer.bpf.ring import Ring
from tracer.shared.errors import KernelError, TracerError
from tracer.shared.records import CALL, CALL_CELL, STEP, STEP_CELL
from tracer.shared.say import say

TASK_SLOTS: Final = 8192
MAX_HOOKS: Final = 88

MAPS: Final = ("tasks", "entries", "waiters", "totals", "calls", "steps")

_SLOT_HEAD: Final = struct.Struct("<IIIII8xIQQQQ")
"""tid, pid, steps, seq, kind, …, kept, first_file, poll_table, waiting, off_since_ns."""
KEPT_STEPS: Final = 8
_SLOT_BYTES: Final = _SLOT_HEAD.size + CALL.size + 4 * MAX_HOOKS + KEPT_STEPS * STEP.size
_LOSSES: Final = ("calls", "steps", "tasks", "entries", "waiters")
_TOTALS: Final = struct.Struct(f"<{len(_LOSSES) + 2 * MAX_HOOKS}Q")
_VALUE_BYTES: Final = {"tasks": _SLOT_BYTES, "totals": _TOTALS.size}
_CELL_BYTES: Final = {"calls": CALL_CELL.size, "steps": STEP_CELL.size}


class Totals(NamedTuple):
    """What the probes counted for the whole recording."""

    losses: dict[str, int]
    """Records and map entries that could not be kept, by ring or map."""
    hits: list[int]
    """By hook id, hits in the context of traced tasks."""
    elsewhere: list[int]
    """By hook id, hits in the context of other tasks, on entries of traced ones."""


class Slot(NamedTuple):
    """A traced task that is still alive."""

    tid: int
    in_call: bool
    call: bytes
    """Its unfinished ``struct call_record`` where ``in_call``."""
    hits: tuple[int, ...]
    kept: int
    """Steps that wait to be written until the ring can be locked."""


class Maps:
    """Reads and writes the maps of one instrument."""

    def __init__(self, lib: Libbpf, fd_of: Callable[[str], int], rings: dict[str, int]) -> None:
        """Open the maps and map the rings.

        Args:
            lib: libbpf.
            fd_of: returns the fd of a map by its name.
            rings: size in bytes of each ring.

        Raises:
            TracerError: the probes were built from other sources than this file's.
        """
        self._lib = lib
        self._fds = {name: fd_of(name) for name in MAPS}
        for name, size in _VALUE_BYTES.items():
            self._check_size(name, size)
        self.rings = {
            name: Ring(self._fds[name], size, _CELL_BYTES[name]) for name, size in rings.items()
        }

    def _check_size(self, name: str, size: int) -> None:
        """The kernel copies as much as the map has: into a smaller buffer, beyond its end."""
        info = (c.c_uint32 * 4)()  # struct bpf_map_info: type, id, key_size, value_size
        length = c.c_uint32(c.sizeof(info))
        self._lib.call("bpf_obj_get_info_by_fd", self._fds[name], info, c.byref(length))
        if info[3] != size:
            raise TracerError(
                say(
                    "the built probes keep {found} bytes in the map {name}, this tracer {size}: "
                    "they are of different versions; run scripts/build",
                    found=info[3],
                    name=name,
                    size=size,
                )
            )

    def claim(self, tid: int, steps: bool) -> None:
        """Trace the single-threaded process ``tid`` from now on, with its future children.

        Raises:
            KernelError: another live task has the slot ``tid % 8192``.
        """
        key = c.c_uint32(tid % TASK_SLOTS)
        value = c.create_string_buffer(_SLOT_BYTES)
        self._lib.call("bpf_map_lookup_elem", self._fds["tasks"], c.byref(key), value)
        holder = int.from_bytes(value.raw[:4], "little")
        if holder not in (0, tid):
            raise KernelError(
                say(
                    "the slot of task {tid} is taken by task {holder}; try again",
                    tid=tid,
                    holder=holder,
                )
            )
        value.raw = _SLOT_HEAD.pack(tid, tid, int(steps), *[0] * 7).ljust(_SLOT_BYTES, b"\0")
        self._lib.call("bpf_map_update_elem", self._fds["tasks"], c.byref(key), value, 0)

    def release_all(self) -> None:
        """Forget all tasks, their entries and the totals: a new recording begins."""
        empty = c.create_string_buffer(_SLOT_BYTES)
        for slot, _ in self._raw_slots():
            key = c.c_uint32(slot)
            self._lib.call("bpf_map_update_elem", self._fds["tasks"], c.byref(key), empty, 0)
        for name in ("entries", "waiters"):
            for number in self._keys(name):
                self._lib.call("bpf_map_delete_elem", self._fds[name], c.byref(c.c_uint64(number)))
        zero = c.c_uint32(0)
        totals = c.create_string_buffer(_TOTALS.size)
        self._lib.call("bpf_map_update_elem", self._fds["totals"], c.byref(zero), totals, 0)

    def slots(self) -> list[Slot]:
        """Return the traced tasks that are still alive."""
        return [_slot(raw) for _, raw in self._raw_slots()]

    def _raw_slots(self) -> Iterator[tuple[int, bytes]]:
        keys = (c.c_uint32 * TASK_SLOTS)()
        values = c.create_string_buffer(TASK_SLOTS * _SLOT_BYTES)
        token, count = c.c_uint32(0), c.c_uint32(TASK_SLOTS)
        self._lib.call(
            "bpf_map_lookup_batch", self._fds["tasks"], None, c.byref(token), keys, values,
            c.byref(count), None,
        )  # fmt: skip
        raw = memoryview(values).cast("B")
        for index in range(count.value):
            slot = raw[index * _SLOT_BYTES : (index + 1) * _SLOT_BYTES]
            if any(slot[:4]):
                yield keys[index], bytes(slot)

    def totals(self) -> Totals:
        """Return losses and hits since the recording began."""
        zero = c.c_uint32(0)
        value = c.create_string_buffer(_TOTALS.size)
        self._lib.call("bpf_map_lookup_elem", self._fds["totals"], c.byref(zero), value)
        numbers = _TOTALS.unpack(value.raw)
        hits = list(numbers[len(_LOSSES) : len(_LOSSES) + MAX_HOOKS])
        losses = dict(zip(_LOSSES, numbers, strict=False))
        for slot in self.slots():
            hits = [a + b for a, b in zip(hits, slot.hits, strict=True)]
            losses["steps"] += slot.kept
        return Totals(
            losses=losses,
            hits=hits,
            elsewhere=list(numbers[len(_LOSSES) + MAX_HOOKS :]),
        )

    def live_entries(self) -> int:
        """Return how many epoll entries of traced tasks still hang on their queues."""
        return len(self._keys("entries"))

    def _keys(self, name: str) -> set[int]:
        """Return the 8-byte keys of a map; one whose owner is at work may repeat some."""
        keys: set[int] = set()
        key, following = None, c.c_uint64()
        while True:
            try:
                self._lib.call("bpf_map_get_next_key", self._fds[name], key, c.byref(following))
            except OSError:
                return keys
            if following.value in keys:
                return keys
            keys.add(following.value)
            key = c.byref(c.c_uint64(following.value))

    def close(self) -> None:
        """Unmap the rings."""
        for ring in self.rings.values():
            ring.close()


def _slot(raw: bytes) -> Slot:
    tid, _, _, _, kind, kept, *_ = _SLOT_HEAD.unpack_from(raw)
    call_end = _SLOT_HEAD.size + CALL.size
    return Slot(
        tid=tid,
        in_call=kind != 0,
        call=raw[_SLOT_HEAD.size : call_end],
        hits=struct.unpack_from(f"<{MAX_HOOKS}I", raw, call_end),
        kept=kept,
    )
