"""Programs that wait too often, for too much, or for each other."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time

from tests.subjects.faults.common import EPOLLIN, ROUNDS, fork, writing


def busy_poll(mended: bool) -> None:
    """Poll a pipe again and again; or wait for it."""
    reader, writer = os.pipe()
    waiter = select.poll()
    waiter.register(reader, select.POLLIN)
    with writing(writer, ROUNDS, 0.001):
        left = ROUNDS
        while left:
            if waiter.poll(None if mended else 0):
                left -= len(os.read(reader, 1))


def full_batches(mended: bool) -> None:
    """With 50 pipes ready at a time, fetch one event; or all of them."""
    pipes = [os.pipe() for _ in range(50)]
    epoll = select.epoll()
    for reader, _ in pipes:
        epoll.register(reader, EPOLLIN)
    for _ in range(10):
        for _, writer in pipes:
            os.write(writer, b"x")
        left = len(pipes)
        while left:
            for fd, _ in epoll.poll(maxevents=64 if mended else 1):
                left -= len(os.read(fd, 1))


def idle_sets(mended: bool) -> None:
    """Watch 200 pipes, one of them busy, with poll; or with epoll."""
    pipes = [os.pipe() for _ in range(200)]
    waiter = select.epoll() if mended else select.poll()
    for reader, _ in pipes:
        waiter.register(reader, EPOLLIN)
    for _ in range(ROUNDS):
        os.write(pipes[7][1], b"x")
        waiter.poll()
        os.read(pipes[7][0], 1)


def dominant_fd(mended: bool) -> None:
    """Watch 10 connections, one of them much busier; or all equally busy."""
    pairs = [socket.socketpair() for _ in range(10)]
    epoll = select.epoll()
    for ours, _ in pairs:
        epoll.register(ours, EPOLLIN)
    for number in range(300):
        ours, theirs = pairs[number % 10 if mended or number < 20 else 0]
        theirs.send(b"x")
        epoll.poll()
        ours.recv(100)


def woken_in_vain(mended: bool) -> None:
    """Let three processes wait in poll for a pipe that one of them reads; or only one."""
    os.sched_setaffinity(0, {0})  # the reader is done before the others poll
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    workers = [fork(lambda: _read(reader)) for _ in range(1 if mended else 3)]
    time.sleep(0.1)
    for _ in range(100):
        os.write(writer, b"x")
        time.sleep(0.003)
    for pid in workers:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def _read(fd: int) -> None:
    waiter = select.poll()
    waiter.register(fd, select.POLLIN)
    while True:
        waiter.poll()
        with contextlib.suppress(BlockingIOError):
            os.read(fd, 1)


FAULTS = (busy_poll, full_batches, idle_sets, dominant_fd, woken_in_vain)
