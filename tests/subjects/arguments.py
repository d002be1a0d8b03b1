"""Calls whose arguments are easily misread; prints its pid; the truth is in the test.

``python3 arguments.py``. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import select as selecting
import socket
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
EPOLL_CTL_MOD = 3
NR_PPOLL, NR_SELECT, NR_EPOLL_CTL, NR_SPLICE = 271, 23, 233, 275


def timespec(seconds: int, ns: int) -> ctypes.Array[ctypes.c_int64]:
    return (ctypes.c_int64 * 2)(seconds, ns)


def ppoll(seconds: int, ns: int, fd: int) -> None:
    """Poll a ready pipe, so that no timeout takes long."""
    watched = (ctypes.c_int * 2)(fd, 1)
    LIBC.syscall(NR_PPOLL, watched, ctypes.c_ulong(1), timespec(seconds, ns), None, 0)


def select(seconds: int, us: int) -> None:
    LIBC.syscall(NR_SELECT, 0, None, None, None, timespec(seconds, us))


def main() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x" * 100)
    for seconds, ns in (
        (0, -1),
        (-1, 0),
        (0, 1_000_000_000),
        (1 << 62, 0),
        (9_223_372_037, 0),
        (3, 7),
    ):
        ppoll(seconds, ns, reader)
    for seconds, us in ((0, -1), (0, 0), (0, 1_500)):
        select(seconds, us)

    epoll = selecting.epoll()
    epoll.register(reader, selecting.EPOLLIN | selecting.EPOLLET)
    epoll.modify(reader, selecting.EPOLLOUT)
    LIBC.syscall(NR_EPOLL_CTL, epoll.fileno(), EPOLL_CTL_MOD, reader, None)
    epoll.unregister(reader)
    with Path("/proc/self/exe").open("rb") as file:
        os.fdatasync(file.fileno())

    here, there = socket.socketpair()
    here.sendmsg([b"abc", b"defg"])
    there.recvmsg(100)
    os.writev(here.fileno(), [b"abc", b"defg"])
    os.readv(there.fileno(), [bytearray(3), bytearray(4)])

    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    accepted, _ = listener.accept()
    with Path("/proc/self/exe").open("rb") as file:
        os.sendfile(client.fileno(), file.fileno(), 0, 23)
    LIBC.syscall(NR_SPLICE, reader, None, client.fileno(), None, ctypes.c_size_t(41), 0)
    fds = (listener.fileno(), client.fileno(), accepted.fileno(), reader)
    accepted.close()
    os.write(1, (" ".join(map(str, (os.getpid(), *fds))) + "\n").encode())
    os._exit(0)


if __name__ == "__main__":
    main()
