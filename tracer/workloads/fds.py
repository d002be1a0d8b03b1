"""Fds to watch, each with the end that makes it ready: unix, tcp, pipe, eventfd."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from tracer.net.link import ON_LOOPBACK, Link
from tracer.shared.errors import WorkloadError

READ_BYTES: Final = 64
"""More than a round writes, so that one read empties a drained fd."""

_BYTE: Final = b"x"
_ONE: Final = (1).to_bytes(8, "little")
"""An eventfd takes an increment of its counter, 8 bytes."""


class Channel(NamedTuple):
    """A watched fd, the fd that makes it ready, and how to read and write them."""

    watched: int
    writer: int
    message: bytes
    receive: Callable[[], bytes]
    close: Callable[[], None]

    def send(self) -> int:
        """Make the watched fd ready by one write, and return its bytes."""
        return os.write(self.writer, self.message)


def open_channels(kind: str, count: int, link: Link = ON_LOOPBACK) -> list[Channel]:
    """Return ``count`` channels of ``kind`` in ascending order of the watched fd.

    Watched TCP sockets are at the server's end of ``link``, the others at the client's. Separate
    write ends are non-blocking: a full one is an error, not a wait. Raises WorkloadError if the
    kernel refuses; what was opened until then is closed.
    """
    channels: list[Channel] = []
    make = partial(_tcp, link=link) if kind == "tcp" else _MAKERS[kind]
    try:
        for channel in make(count):
            channels.append(channel)
            if channel.writer != channel.watched:
                os.set_blocking(channel.writer, False)
    except OSError as error:
        close_channels(channels)
        raise WorkloadError(
            f"opened {len(channels)} of {count} fds of kind {kind}: {error}{_HINTS.get(kind, '')}"
        ) from error
    return sorted(channels, key=lambda channel: channel.watched)


def close_channels(channels: list[Channel]) -> None:
    """Close both ends of every channel."""
    for channel in channels:
        channel.close()


def _of_sockets(watched: socket.socket, writer: socket.socket) -> Channel:
    def close() -> None:
        watched.close()
        writer.close()

    def receive() -> bytes:
        return watched.recv(READ_BYTES)

    return Channel(watched.fileno(), writer.fileno(), _BYTE, receive, close)


def _of_numbers(watched: int, writer: int, message: bytes) -> Channel:
    def close() -> None:
        for fd in {watched, writer}:
            os.close(fd)

    def receive() -> bytes:
        return os.read(watched, READ_BYTES)

    return Channel(watched, writer, message, receive, close)


def _unix(count: int) -> Iterator[Channel]:
    for _ in range(count):
        yield _of_sockets(*socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM))


def _tcp(count: int, link: Link) -> Iterator[Channel]:
    with link.at_server():
        listening = socket.create_server((link.address, 0), backlog=16)
    with listening as server:
        for _ in range(count):
            with link.at_client():
                writer = socket.create_connection(server.getsockname())
            # Nagle's algorithm would hold back a second byte until the first is acknowledged.
            writer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            watched, _address = server.accept()
            yield _of_sockets(watched, writer)


def _pipe(count: int) -> Iterator[Channel]:
    for _ in range(count):
        yield _of_numbers(*os.pipe(), message=_BYTE)


def _eventfd(count: int) -> Iterator[Channel]:
    for _ in range(count):
        fd = os.eventfd(0)
        yield _of_numbers(fd, fd, message=_ONE)


_MAKERS: Final = {"unix": _unix, "pipe": _pipe, "eventfd": _eventfd}
_HINTS: Final = {"tcp": "; is the loopback interface up (ip link set lo up)?"}
