"""Loads for servers, on loopback: known numbers of requests, each of which is answered."""

from __future__ import annotations

import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tests.servers.programs import environment, program
from tests.waiting import PATIENCE_S

REQUESTS = 207
CLIENTS = 9


def _run(*command: str) -> None:
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout


def http(port: int) -> None:
    """Run ``ab``, with a new connection per request, and with a few that are kept."""
    for more in ([], ["-k"]):
        _run(program("ab"), "-q", "-n", str(REQUESTS), "-c", str(CLIENTS), *more,
             f"http://127.0.0.1:{port}/")  # fmt: skip


def redis(port: int) -> None:
    """Let ``redis-benchmark`` set and get."""
    _run(program("redis-benchmark"), "-p", str(port), "-q", "-t", "set,get", "-n", str(REQUESTS),
         "-c", str(CLIENTS))  # fmt: skip


def memcached(port: int) -> None:
    """Set and get from several connections."""

    def client(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            for _ in range(REQUESTS // CLIENTS):
                connection.sendall(b"set %d 0 0 2\r\nok\r\n" % number)
                assert connection.recv(100) == b"STORED\r\n"
                connection.sendall(b"get %d\r\n" % number)
                assert b"ok" in connection.recv(100)

    _several(client)


def echo(port: int) -> None:
    """Send lines from several connections, and get them back."""

    def client(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            for _ in range(REQUESTS // CLIENTS):
                connection.sendall(b"line %d\n" % number)
                assert connection.recv(100) == b"line %d\n" % number

    _several(client)


def _several(client: object) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))  # type: ignore[arg-type]
