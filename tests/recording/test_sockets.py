"""Addresses and states of sockets from the kernel's tables."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tracer.recording.sockets import Socket, sockets_of


def found(*wanted: socket.socket) -> list[Socket | None]:
    """Return what the tables say of sockets of this process."""
    inodes = [os.fstat(each.fileno()).st_ino for each in wanted]
    together: dict[int, Socket] = {}
    for piece in sockets_of(os.getpid(), set(inodes)):
        together |= piece
    assert set(together) <= set(inodes)
    return [together.get(inode) for inode in inodes]


@pytest.mark.parametrize(
    ("family", "host", "shown"),
    [(socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "[::1]")],
)
def test_tcp(family, host, shown):
    with socket.socket(family) as listener, socket.socket(family) as client:
        listener.bind((host, 0))
        listener.listen()
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            here, there = (f"{shown}:{each.getsockname()[1]}" for each in (listener, client))
            assert found(listener, server, client) == [
                Socket("tcp", here, "", "LISTEN"),
                Socket("tcp", here, there, "ESTABLISHED"),
                Socket("tcp", there, here, "ESTABLISHED"),
            ]
            client.close()
            assert server.recv(1) == b""
            assert found(server) == [Socket("tcp", here, there, "CLOSE_WAIT")]


def test_udp():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as bound,
        socket.socket(type=socket.SOCK_DGRAM) as connected,
    ):
        bound.bind(("127.0.0.1", 0))
        connected.connect(bound.getsockname())
        here, there = (f"127.0.0.1:{each.getsockname()[1]}" for each in (bound, connected))
        assert found(bound, connected) == [Socket("udp", here), Socket("udp", there, here)]


def test_unix(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(f"{tmp_path}/a b\xff")
        listener.listen()
        client.connect(f"{tmp_path}/a b\xff")
        server, _ = listener.accept()
        with server:
            path = f"{tmp_path}/a b\xff"
            assert found(listener, server, client) == [
                Socket("unix", path, "", "LISTEN"),
                Socket("unix", path),
                Socket("unix"),
            ]


def test_a_socket_that_is_in_no_table():
    with socket.socket() as unbound:
        assert found(unbound) == [None]


def test_a_table_of_many_is_read_in_pieces(tmp_path: Path):
    table = tmp_path / "7" / "net"
    table.mkdir(parents=True)
    line = (
        "   {n}: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 {n} 1\n"
    )
    heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
    rows = (line.format(n=number) for number in range(1, 5001))
    (table / "tcp").write_text(heading + "".join(rows))
    pieces = [piece for piece in sockets_of(7, {1, 2500, 5000}, tmp_path) if piece]
    assert len(pieces) > 1
    assert {inode for piece in pieces for inode in piece} == {1, 2500, 5000}


def test_no_tables():
    assert not [piece for piece in sockets_of(1 << 23, {1}) if piece]
