"""Does epoll share memory with the program? Checked by experiment.

Four checks: mmap of the epoll fd; a buffer that the kernel may not write; a buffer filled with a
canary, compared before and after each epoll_wait; the mappings of this process.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import select
from typing import Any, Final

from tracer.shared import arch
from tracer.shared.libc import LIBC, map_memory, result
from tracer.shared.syscalls import EPOLL_CTL_ADD
from tracer.workloads.fds import Channel
from tracer.workloads.mappings import mappings_now
from tracer.workloads.models import Model
from tracer.workloads.registry import MEMORY_READY
from tracer.workloads.rig import Rig

_NO_FD: Final = -1
_SPARE_EVENTS: Final = 9
_CANARY: Final = 0xA5
_NAMES: Final = ("eventpoll", "anon_inode")


class EpollMemory(Model):
    """Raw epoll calls by ctypes, since Python's own hides the buffer."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.event = arch.here().epoll_event
        self.room = self.phase.fds + _SPARE_EVENTS
        self.buffer = ctypes.create_string_buffer(self.room * self.event.size)
        self.epfd = -1
        self.found: dict[str, Any] = {}

    def active(self) -> list[Channel]:
        """Return the fds that are made ready at once: the first ones."""
        return self.rig.channels[: max(MEMORY_READY)]

    def prepare(self) -> None:
        """Map a page that can't be written, and list the mappings before epoll is used."""
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        self.read_only = map_memory(mmap.PAGESIZE, mmap.PROT_READ, flags, _NO_FD)
        self.mappings = set(mappings_now())

    def run(self) -> None:
        """Make the epoll instance, then check four ways; the mappings after the phase."""
        self._watch()
        self._map_epoll()
        self._wait(ctypes.addressof(self.buffer))
        self._refuse_write()
        self.found["rounds"] = [self._compare(ready) for ready in MEMORY_READY]

    def _watch(self) -> None:
        made = result(LIBC.epoll_create1(os.O_CLOEXEC))
        self.epfd = self.tally.add("epoll_create", made)
        for index, channel in enumerate(self.rig.channels):
            # its data is the fd's index, whose bytes differ from the canary
            event = ctypes.create_string_buffer(self.event.pack(select.EPOLLIN, index))
            ret = LIBC.epoll_ctl(self.epfd, EPOLL_CTL_ADD, channel.watched, event)
            self.tally.add("epoll_ctl", result(ret))

    def _map_epoll(self) -> None:
        refused = 0
        try:
            map_memory(mmap.PAGESIZE, mmap.PROT_READ, mmap.MAP_SHARED, self.epfd)
        except OSError as error:
            refused = error.errno or 0
        self.found["mmap_errno"] = refused
        self.found["mmap_errno_name"] = errno.errorcode.get(refused)

    def _refuse_write(self) -> None:
        """Wait with the read-only page for a ready fd, then with a good buffer."""
        self.rig.write(self.rig.channels[0])
        refused = self._wait(self.read_only)
        self.found["efault_errno"] = max(0, -refused)
        self.found["efault_errno_name"] = errno.errorcode.get(-refused)
        self.found["events_after_efault"] = self._wait(ctypes.addressof(self.buffer))
        self.rig.read(self.rig.channels[0])

    def _compare(self, ready: int) -> dict[str, int]:
        """Make ``ready`` fds ready and count the bytes of the buffer that change, and when."""
        ctypes.memset(self.buffer, _CANARY, len(self.buffer))
        for channel in self.rig.channels[:ready]:
            self.rig.write(channel)
        before = _changed(self.buffer.raw)
        returned = self._wait(ctypes.addressof(self.buffer))
        after = self.buffer.raw
        for channel in self.rig.channels[:ready]:
            self.rig.read(channel)
        return {
            "ready": ready,
            "events_returned": returned,
            "changed_before_wait": before,
            "canary_bytes_changed": _changed(after),
            "canary_changed_outside": _changed(after[max(0, returned) * self.event.size :]),
        }

    def _wait(self, address: int) -> int:
        ret = LIBC.epoll_wait(self.epfd, address, self.room, 0)
        return self.tally.add("epoll_wait", result(ret))

    def results(self) -> dict[str, Any]:
        """Return what each check found; the mappings are those that came with epoll."""
        added = sorted(set(mappings_now()) - self.mappings)
        return {
            **super().results(),
            **self.found,
            "epfd": self.epfd,
            "buffer_bytes": len(self.buffer),
            "eventpoll_mappings": [row for row in added if any(name in row for name in _NAMES)],
            "shared_mappings": [row for row in added if _is_shared(row)],
        }

    def close(self) -> None:
        """Close the epoll instance."""
        if self.epfd >= 0:
            os.close(self.epfd)


def _changed(content: bytes) -> int:
    return len(content) - content.count(_CANARY)


def _is_shared(mapping: str) -> bool:
    """Return whether a line "address perms offset dev inode name" is a MAP_SHARED one."""
    return mapping.split()[1].endswith("s")
