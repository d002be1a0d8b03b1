"""Reads the kernel's own memory independently of the probes: epoll instances, items, lists.

Nothing is shared with the probes: /proc/kcore gives the memory, /sys/kernel/btf/vmlinux the offsets
of fields (read by tests/btf.py), /proc/kallsyms the head of the task list. What is read must not
change meanwhile. Standard library only: the lab's guests import it.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.btf import Btf


class Item(NamedTuple):
    """What an epoll instance watches: ``struct epitem``."""

    fd: int
    events: int
    data: int


class Instance(NamedTuple):
    """The state of an epoll instance: ``struct eventpoll``."""

    address: int
    ready: list[int]
    """fds on its ready list, in order."""
    sleepers: list[int]
    """tids of the tasks asleep on its own queue, in order."""


class Kernel:
    """The running kernel's memory."""

    def __init__(self) -> None:
        """Open it; root only."""
        self._btf = Btf(Path("/sys/kernel/btf/vmlinux"))
        self._core = Path("/proc/kcore").open("rb", buffering=0)  # noqa: SIM115 -- as long as it
        self._segments = list(self._loaded())

    def instance(self, pid: int, fd: int) -> Instance:
        """Return the state of the epoll instance behind ``fd`` of process ``pid``."""
        address = self._instance(pid, fd)
        ready = self._list(address + self._at("eventpoll", "rdllist"))
        queued = self._list(address + self._at("eventpoll", "wq.head"))
        entry = self._at("wait_queue_entry", "entry")
        private = self._at("wait_queue_entry", "private")
        tid = self._at("task_struct", "pid")
        return Instance(
            address,
            [self._item(node - self._at("epitem", "rdllink")).fd for node in ready],
            [self._u4(self._u8(node - entry + private) + tid) for node in queued],
        )

    def items(self, pid: int, fd: int) -> list[Item]:
        """Return the items of that instance, in the order of its tree."""
        root = self._instance(pid, fd) + self._at("eventpoll", "rbr.rb_root.rb_node")
        node = self._at("epitem", "rbn")
        return [self._item(place - node) for place in self._tree(self._u8(root))]

    def _instance(self, pid: int, fd: int) -> int:
        files = self._u8(self._task(pid) + self._at("task_struct", "files"))
        table = self._u8(files + self._at("files_struct", "fdt"))
        file = self._u8(self._u8(table + self._at("fdtable", "fd")) + 8 * fd)
        return self._u8(file + self._at("file", "private_data"))

    def _item(self, item: int) -> Item:
        return Item(
            self._u4(item + self._at("epitem", "ffd.fd")),
            self._u4(item + self._at("epitem", "event.events")),
            self._u8(item + self._at("epitem", "event.data")),
        )

    def _task(self, pid: int) -> int:
        """Return the leader of process ``pid``."""
        head = _symbol("init_task") + self._at("task_struct", "tasks")
        tasks = (node - self._at("task_struct", "tasks") for node in self._list(head))
        return next(t for t in tasks if self._u4(t + self._at("task_struct", "tgid")) == pid)

    def _list(self, head: int) -> Iterator[int]:
        """Yield the nodes of a ``struct list_head``."""
        node = self._u8(head)
        while node != head:
            yield node
            node = self._u8(node)

    def _tree(self, node: int) -> Iterator[int]:
        """Yield the nodes of a red-black tree."""
        if node:
            yield from self._tree(self._u8(node + self._at("rb_node", "rb_left")))
            yield node
            yield from self._tree(self._u8(node + self._at("rb_node", "rb_right")))

    @functools.cache  # noqa: B019 -- as long as the program
    def _at(self, name: str, path: str) -> int:
        return self._btf.offset(name, path)

    def _u4(self, address: int) -> int:
        return int.from_bytes(self._read(address, 4), "little")

    def _u8(self, address: int) -> int:
        return int.from_bytes(self._read(address, 8), "little")

    def _read(self, address: int, size: int) -> bytes:
        for start, length, offset in self._segments:
            if start <= address < start + length:
                self._core.seek(offset + address - start)
                return self._core.read(size)
        raise AssertionError(f"{address:#x} is not in /proc/kcore")

    def _loaded(self) -> Iterator[tuple[int, int, int]]:
        """Yield address, size and file offset of each PT_LOAD of the ELF file."""
        self._core.seek(0)
        (at,) = struct.unpack_from("<32xQ", self._core.read(64))
        self._core.seek(54)
        size, count = struct.unpack("<HH", self._core.read(4))
        self._core.seek(at)
        headers = self._core.read(size * count)
        for kind, offset, address, length in struct.iter_unpack(f"<I4xQQ8xQ{size - 40}x", headers):
            if kind == 1:
                yield address, length, offset


def _symbol(name: str) -> int:
    lines = Path("/proc/kallsyms").read_text().splitlines()
    return next(int(line.split()[0], 16) for line in lines if line.split()[2] == name)
