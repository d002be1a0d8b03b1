"""Asks servers by blocking sockets: ``ask.py NAME PORT …``. No epoll, no poll, no threads.

Where one counts callbacks of all processes, those of the server's entries are all there are.
"""

from __future__ import annotations

import socket
import sys
import time
from contextlib import ExitStack

QUESTIONS = {
    "redis": (b"PING\r\n", b"+PONG\r\n"),
    "memcached": (b"set k 0 0 2\r\nok\r\n", b"STORED\r\n"),
    "nginx": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"ok"),
}
CONNECTIONS, QUESTIONS_EACH = 5, 7


def main(name: str, port: int) -> None:
    """Ask over each of several connections in turn, once it listens; read each answer whole."""
    question, answer = QUESTIONS[name]
    with ExitStack() as stack:
        connections = [stack.enter_context(_connected(port)) for _ in range(CONNECTIONS)]
        for _ in range(QUESTIONS_EACH):
            for connection in connections:
                connection.sendall(question)
                said = b""
                while not said.endswith(answer):
                    said += connection.recv(4096)


def _connected(port: int) -> socket.socket:
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.1)


if __name__ == "__main__":
    for asked, at in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        main(asked, int(at))
