"""Programs that handle ready fds late."""

from __future__ import annotations

import os
import select
import socket
import tempfile
import threading
import time

from tests.subjects.faults.common import EPOLLIN, ROUNDS, fork, writing


def held_up(mended: bool) -> None:
    """Write a file and wait until it is on disk, between events; or in a thread."""
    reader, writer = os.pipe()
    epoll = select.epoll()
    epoll.register(reader, EPOLLIN)
    threads = []
    with tempfile.TemporaryFile() as file, writing(writer, ROUNDS, 0.002):
        for number in range(ROUNDS):
            epoll.poll()
            os.read(reader, 1)
            if number % 6 == 0:
                if mended:
                    threads.append(threading.Thread(target=keep, args=(file.fileno(),)))
                    threads[-1].start()
                else:
                    keep(file.fileno())
        for thread in threads:
            thread.join()


def keep(fd: int) -> None:
    """Write, wait as long as a slow disk would take, then for the actual disk."""
    os.pwrite(fd, b"x" * 4096, 0)
    time.sleep(0.02)
    os.fsync(fd)


def late_wakeups(mended: bool) -> None:
    """Answer another process on a CPU that others keep busy, queued behind them; or alone."""
    os.sched_setaffinity(0, {0})
    ours, theirs = socket.socketpair()
    busy = [] if mended else [fork(_spin) for _ in range(4)]
    asking = fork(lambda: _ask(theirs))
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(6 * ROUNDS):
        epoll.poll()
        ours.send(ours.recv(1))
        until = time.thread_time() + 0.002  # a task that has used its share waits for the others
        while time.thread_time() < until:
            pass
    for pid in busy:
        os.kill(pid, 9)
    for pid in (asking, *busy):
        os.waitpid(pid, 0)


def _ask(connection: socket.socket) -> None:
    for _ in range(6 * ROUNDS):
        time.sleep(0.01)
        connection.send(b"x")
        connection.recv(1)


def _spin() -> None:
    while True:
        pass


FAULTS = (held_up, late_wakeups)
