"""Ports on loopback that nobody else gets before a server listens on them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved_port() -> Iterator[int]:
    """Hold a port that is free; a server that sets SO_REUSEADDR, as all do, can listen on it.

    Until it is bound, the kernel gives a free port to anyone who connects or asks for one.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])
