"""Programs that tell epoll what to watch."""

from __future__ import annotations

import contextlib
import os
import select
import socket

from tests.subjects.faults.common import EPOLLIN, ROUNDS


def epoll_readded(mended: bool) -> None:
    """Switch to writing by removing and adding; or by a change (MOD)."""
    ours, _ = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for number in range(ROUNDS):
        events = EPOLLIN if number % 2 else select.EPOLLOUT
        if mended:
            epoll.modify(ours, events)
        else:
            epoll.unregister(ours)
            epoll.register(ours, events)
        epoll.poll(0.001)


def epoll_same_events(mended: bool) -> None:
    """Register the same events before each wait; or once."""
    ours, theirs = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        if not mended:
            epoll.modify(ours, EPOLLIN)
        theirs.send(b"x")
        epoll.poll()
        ours.recv(100)


def epoll_ctl_fails(mended: bool) -> None:
    """Add an fd that is in already; or remember it."""
    reader, _ = os.pipe()
    epoll = select.epoll()
    known: set[int] = set()
    for _ in range(ROUNDS):
        if mended and reader in known:
            continue
        with contextlib.suppress(FileExistsError):
            epoll.register(reader, EPOLLIN)
        known.add(reader)


def unused_fds(mended: bool) -> None:
    """Watch 50 silent connections beside a busy one; or only busy ones."""
    pairs = [socket.socketpair() for _ in range(1 if mended else 50)]
    epoll = select.epoll()
    for ours, _ in pairs:
        epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        pairs[0][1].send(b"x")
        epoll.poll()
        pairs[0][0].recv(100)


def events_after_close(mended: bool) -> None:
    """Close a connection while a copy stays open; without or with removing it first."""
    ours, theirs = socket.socketpair()
    copy = ours.dup()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    if mended:
        epoll.unregister(ours)
    ours.close()
    for _ in range(ROUNDS):
        theirs.send(b"x")
        epoll.poll(0.001)
        copy.recv(100)


FAULTS = (epoll_readded, epoll_same_events, epoll_ctl_fails, unused_fds, events_after_close)
