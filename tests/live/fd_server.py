"""A server with an fd of each kind: it echoes lines, and reports when it is ready.

Run with ``python3 -S -E``; standard library only. Prints its fds by kind as JSON, once.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from pathlib import Path


def main(port: int, connections: int, ready: Path) -> None:
    """Serve until a signal ends it."""
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    datagrams = socket.socket(type=socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", 0))
    first, second = socket.socketpair()
    reader, _ = os.pipe()
    epoll = select.epoll()
    event = os.eventfd(0)
    child = os.pidfd_open(os.getpid())
    file = os.fdopen(os.open(__file__, os.O_RDONLY))
    held = []
    for _ in range(connections):
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        held += [client, server]
        epoll.register(server, select.EPOLLIN)
    epoll.register(listener, select.EPOLLIN)
    epoll.register(first, select.EPOLLIN)
    kinds = {
        "listener": listener.fileno(), "udp": datagrams.fileno(), "unix": first.fileno(),
        "peer": second.fileno(), "pipe": reader, "epoll": epoll.fileno(), "eventfd": event,
        "pidfd": child, "file": file.fileno(), "port": listener.getsockname()[1],
    }  # fmt: skip
    ready.with_suffix(".new").write_text(json.dumps(kinds))
    ready.with_suffix(".new").rename(ready)
    accepted: dict[int, socket.socket] = {}
    while True:
        for fd, _ in epoll.poll():
            if fd == listener.fileno():
                connection, _ = listener.accept()
                accepted[connection.fileno()] = connection
                epoll.register(connection, select.EPOLLIN)
            elif data := os.read(fd, 100):
                os.write(fd, data)
            else:
                accepted.pop(fd).close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
