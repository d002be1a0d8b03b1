"""The clients of a server: one process with all connections, a few of which send requests.

A request is one byte, and its response the same byte. For each round the server asks for the
clients' requests through a pipe; when that pipe closes, the clients report what they counted.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import time
from typing import Any, Final, NamedTuple

from tracer.net.link import Link
from tracer.shared.clock import NS_PER_US
from tracer.shared.errors import WorkloadError
from tracer.shared.phase import Phase
from tracer.workloads.asleep import open_stat, wait_until_slept
from tracer.workloads.child import fork, signals_held
from tracer.workloads.priority import go_before_the_measured
from tracer.workloads.waker import WRITTEN

_GO: Final = b"g"
_REPORT_BYTES: Final = 1 << 16
_BACKLOG: Final = 4096
_TIME_TO_ANSWER: Final = struct.pack("ll", 30, 0)
"""A timeval: how long a read may take. Python's own timeout would make a poll call first."""

_ACCEPT_TIMEOUT: Final = struct.pack("ll", 1, 0)
_ACCEPT_TRIES: Final = 30
"""How often, a second apart, a server checks whether clients that don't connect are gone."""


class Clients(NamedTuple):
    """The server's side: the accepted connections, in the clients' order, and the two pipes."""

    pid: int
    command_fd: int
    report_fd: int
    accepted: list[socket.socket]

    def ask(self) -> int:
        """Have each active client send one request; return the write's result."""
        return os.write(self.command_fd, _GO)

    def report(self) -> dict[str, Any]:
        """End the clients and return what they counted: see ``_requests``.

        Raises WorkloadError if they ended before.
        """
        os.close(self.command_fd)
        text = b""
        while chunk := os.read(self.report_fd, _REPORT_BYTES):
            text += chunk
        os.close(self.report_fd)
        os.waitpid(self.pid, 0)
        if not text:
            raise WorkloadError("the clients failed; their error is above")
        counted: dict[str, Any] = json.loads(text)
        return counted

    def kill(self) -> None:
        """Kill the clients, whatever they are doing."""
        os.close(self.command_fd)
        os.close(self.report_fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def connect(phase: Phase, link: Link, active: slice) -> Clients:
    """Fork the clients of ``phase`` and return them when all their connections are accepted.

    Raises OSError: a connection was not made, or not in time; WorkloadError: the clients ended.
    """
    with link.at_client():
        pass  # Import everything before the first time limit: a guest's files are slow.
    with link.at_server():
        listener = socket.create_server((link.address, 0), backlog=_BACKLOG)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _ACCEPT_TIMEOUT)
    commands, command_fd = os.pipe()
    report_fd, reports = os.pipe()
    server = os.getpid()

    def serve() -> None:
        os.close(command_fd)
        os.close(report_fd)
        go_before_the_measured()
        connections = _connect(phase, link, listener.getsockname())
        listener.close()
        counted = _requests(phase, server, commands, connections[active])
        os.write(reports, json.dumps(counted).encode())

    with listener:
        with signals_held():
            pid = fork(serve, "clients")
        os.close(commands)
        os.close(reports)
        clients = Clients(pid, command_fd, report_fd, [])
        try:
            for _ in range(phase.fds):
                connection = _accepted(listener, pid)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients.accepted.append(connection)
        except BaseException:
            clients.kill()
            raise
    return clients


def _accepted(listener: socket.socket, clients: int) -> socket.socket:
    for _ in range(_ACCEPT_TRIES):
        try:
            return listener.accept()[0]
        except BlockingIOError:
            if os.waitid(os.P_PID, clients, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                raise WorkloadError("the clients ended before all had connected") from None
    raise TimeoutError(f"no client connected in {_ACCEPT_TRIES} s")


def _connect(phase: Phase, link: Link, address: tuple[str, int]) -> list[socket.socket]:
    with link.at_client():
        made = [socket.create_connection(address) for _ in range(phase.fds)]
    for each in made:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIME_TO_ANSWER)
    return made


def _requests(
    phase: Phase, server: int, commands: int, connections: list[socket.socket]
) -> dict[str, Any]:
    """Send requests as asked until the server is done, and count."""
    stat_fd = open_stat(server)
    requests = responses = 0
    round_trips_us: list[int] = []
    while os.read(commands, len(_GO)):
        if phase.waker == "while-asleep" and not _let_sleep(stat_fd, server, phase.delay_ms):
            break
        request = bytes([len(round_trips_us) % 256])
        began = time.monotonic_ns()
        for each in connections:
            requests += each.send(request)
        if phase.waker == "before":
            os.kill(server, WRITTEN)
        responses += sum(each.recv(1) == request for each in connections)
        round_trips_us.append((time.monotonic_ns() - began) // NS_PER_US)
    return {
        "requests": requests,
        "responses": responses,
        "least_round_trip_us": min(round_trips_us, default=None),
        "longest_round_trip_us": max(round_trips_us, default=None),
    }


def _let_sleep(stat_fd: int, server: int, delay_ms: int) -> bool:
    """Return True once the server has slept for ``delay_ms``, False as soon as it is gone."""

    def has_ended() -> bool:
        return os.getppid() != server

    return wait_until_slept(stat_fd, delay_ms / 1000, has_ended)
