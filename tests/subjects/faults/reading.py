"""Programs that read ready fds."""

from __future__ import annotations

import contextlib
import os
import select
import socket

from tests.subjects.faults.common import EPOLLIN, ROUNDS, writing


def empty_reads(mended: bool) -> None:
    """Read until there is nothing; or until a read gets less than requested."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN | select.EPOLLET)
    for _ in range(ROUNDS):
        theirs.send(b"request")
        epoll.poll()
        with contextlib.suppress(BlockingIOError):
            while len(ours.recv(1000)) == 1000 or not mended:
                pass


def blocking_call(mended: bool) -> None:
    """Read twice per event from a blocking pipe; or from a non-blocking one."""
    reader, writer = os.pipe()
    os.set_blocking(reader, not mended)
    epoll = select.epoll()
    epoll.register(reader, EPOLLIN)
    with writing(writer, ROUNDS, 0.003):
        left = ROUNDS
        while left:
            epoll.poll()
            for _ in range(min(2, left)):
                with contextlib.suppress(BlockingIOError):
                    left -= len(os.read(reader, 1))


def left_unread(mended: bool) -> None:
    """Read 10 of 100 bytes per event; or all of them."""
    ours, theirs = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        theirs.send(b"x" * 100)
        left = 100
        while left:
            epoll.poll()
            left -= len(ours.recv(1000 if mended else 10))


def small_reads(mended: bool) -> None:
    """Read a message of 100 bytes 10 bytes at a time; or at once."""
    ours, theirs = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        theirs.send(b"x" * 100)
        epoll.poll()
        left = 100
        while left:
            left -= len(ours.recv(1000 if mended else 10))


FAULTS = (empty_reads, blocking_call, left_unread, small_reads)
