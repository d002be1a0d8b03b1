"""What a trace says of files behind fds: one JSON object a line, in a file of its own.

The recorder writes it (``tracer.recording.fdnames``), ``analysis.fds.names`` reads it. Standard
library only.
"""

from __future__ import annotations

from typing import Final

FILE: Final = "fds.jsonl"
MOST_BYTES: Final = 256 << 20
MOST_LINES: Final = 1 << 20
MOST_TEXT: Final = 4096
"""Characters of a path or an address; PATH_MAX."""
MOST_WATCHED: Final = 1 << 20
"""How many of the fds that an epoll instance watches are recorded."""

GONE: Final = "gone"
"""The kind of an fd that existed at an earlier observation, and no longer does."""
SOCKET: Final = "socket"
"""A socket that is in none of the kernel's tables: unbound, or of another family."""
KINDS: Final = (
    "tcp", "udp", "unix", SOCKET, "pipe", "file", "epoll", "eventfd", "timerfd", "signalfd",
    "inotify", "fanotify", "pidfd", "io_uring", "other", GONE,
)  # fmt: skip

GIVING: Final = ("accept", "epoll_create", "io_uring_setup", "open")
"""Families of system calls whose result is a new fd."""
