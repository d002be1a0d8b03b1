"""What the server of ``guest_items.py`` watches, and which fds are written to."""

from __future__ import annotations

FDS = 10_000
WRITTEN, WRITTEN_UNSEEN = 23, 7
"""fds that are written to while the server sleeps in epoll_wait, and while it is elsewhere."""
EVENTS = 0x001
"""EPOLLIN, level-triggered."""


def data_of(fd: int) -> int:
    """Return the data that the program gave epoll for an fd, more than 32 bits."""
    return 0x5EED << 40 | fd
