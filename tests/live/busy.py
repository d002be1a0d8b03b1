"""Two processes that fetch many epoll events at once, each on its own CPU.

Both produce steps all the time, so a breakpoint on one CPU often finds the ring locked by the
other. Run in a guest under the recorder; standard library only.
"""

from __future__ import annotations

import os
import select
import socket

READY = 71
ROUNDS = 43
PROCESSES = 2


def work() -> None:
    """Wait ``ROUNDS`` times for ``READY`` fds that stay ready."""
    pairs = [socket.socketpair() for _ in range(READY)]
    epoll = select.epoll()
    for reader, _ in pairs:
        epoll.register(reader, select.EPOLLIN)
    for _, writer in pairs:
        writer.send(b"x")
    for _ in range(ROUNDS):
        if len(epoll.poll(-1, READY)) != READY:
            raise SystemExit("an fd was not ready")


def main() -> None:
    """Fork the processes and wait for them."""
    children = []
    for _ in range(PROCESSES):
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("a process failed")


if __name__ == "__main__":
    main()
