"""Programs in which several tasks wait on one epoll instance."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time

from tests.subjects.faults.common import EPOLLIN, ROUNDS, fork


def shared_instance(mended: bool) -> None:
    """Let two threads wait on one epoll instance; or use EPOLLONESHOT for one thread per event."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    epoll = select.epoll()
    events = EPOLLIN | (select.EPOLLONESHOT if mended else 0)
    epoll.register(ours, events)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            for fd, _ in epoll.poll(0.02):
                with contextlib.suppress(BlockingIOError):
                    ours.recv(100)
                if mended:
                    epoll.modify(fd, events)

    threads = [threading.Thread(target=serve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(ROUNDS):
        theirs.send(b"x")
        time.sleep(0.003)
    ended.set()
    for thread in threads:
        thread.join()


def uneven_threads(mended: bool) -> None:
    """Let two threads take turns on one instance, one taking far more than the other."""
    ours, theirs = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    turn = threading.Lock()

    def serve(count: int) -> None:
        for _ in range(count):
            with turn:
                theirs.send(b"x")
                epoll.poll()
                ours.recv(1)

    threads = [
        threading.Thread(target=serve, args=(count,))
        for count in ((90, 90) if mended else (170, 10))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def inherited_instance(mended: bool) -> None:
    """Let two children wait on the instance of their parent; or each on its own."""
    epoll = select.epoll()
    for pid in [fork(lambda: _wait(select.epoll() if mended else epoll)) for _ in range(2)]:
        os.waitpid(pid, 0)


def _wait(epoll: select.epoll) -> None:
    for _ in range(10):
        epoll.poll(0.001)


FAULTS = (shared_instance, uneven_threads, inherited_instance)
