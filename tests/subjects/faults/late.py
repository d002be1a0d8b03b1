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
    """Answer another process that goes on computing at a higher priority on our CPU; or waits."""
    os.sched_setaffinity(0, {0})
    ours, theirs = socket.socketpair()
    asking = fork(lambda: _ask(theirs, computing_s=0 if mended else 0.003))
    if not mended:  # by nice values alone the scheduler may still let the woken process in first
        os.sched_setscheduler(asking, os.SCHED_FIFO, os.sched_param(1))
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        epoll.poll()
        ours.send(ours.recv(1))
    os.waitpid(asking, 0)


def _ask(connection: socket.socket, computing_s: float) -> None:
    for _ in range(ROUNDS):
        time.sleep(0.01)
        connection.send(b"x")
        until = time.thread_time() + computing_s
        while time.thread_time() < until:
            pass
        connection.recv(1)


FAULTS = (held_up, late_wakeups)
