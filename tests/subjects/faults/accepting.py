"""Programs that accept connections."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time

from tests.subjects.faults.common import EPOLLIN, EXCLUSIVE, fork


def accept_herd(mended: bool) -> None:
    """Let four workers watch one listener, each by its own epoll; without and with EXCLUSIVE."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        workers = [fork(lambda: _accept(listener, mended)) for _ in range(4)]
        time.sleep(0.1)
        for _ in range(100):
            with socket.create_connection(listener.getsockname()) as client:
                client.recv(1)
            time.sleep(0.003)
        for pid in workers:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


def _accept(listener: socket.socket, exclusive: bool) -> None:
    epoll = select.epoll()
    epoll.register(listener, EPOLLIN | (EXCLUSIVE if exclusive else 0))
    while True:
        epoll.poll()
        time.sleep(0.0005)  # the worker's work before it handles this fd
        with contextlib.suppress(BlockingIOError):
            client, _ = listener.accept()
            client.close()


def accept_storm(mended: bool) -> None:
    """Accept all of 50 connections before the next wait; or one per wait."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        listener.setblocking(False)
        clients = [socket.create_connection(listener.getsockname()) for _ in range(50)]
        epoll = select.epoll()
        epoll.register(listener, EPOLLIN)
        accepted: list[socket.socket] = []
        while len(accepted) < len(clients):
            epoll.poll()
            with contextlib.suppress(BlockingIOError):
                accepted.append(listener.accept()[0])
                while not mended:
                    accepted.append(listener.accept()[0])


FAULTS = (accept_herd, accept_storm)
