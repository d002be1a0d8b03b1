"""A server that knows nothing of tracing: its own numbers must come out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from analysis.frames import read_trace
from tests.ports import reserved_port
from tests.waiting import PATIENCE_S, wait_for

pytestmark = pytest.mark.live

REQUESTS = 23
SERVER = """
import asyncio, sys

async def echo(reader, writer):
    while data := await reader.read(100):
        writer.write(data)
        await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()

asyncio.run(main())
"""


def connect(port: int) -> socket.socket:
    def refused_or_made() -> socket.socket | None:
        with suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        return None

    return wait_for(refused_or_made)


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_port() as held:
        yield held


def test_asyncio_server(tmp_path: Path, port: int) -> None:
    program, path = tmp_path / "server.py", tmp_path / "server.trace"
    program.write_text(SERVER)
    command = [sys.executable, str(program), str(port)]
    recorder = subprocess.Popen(
        [sys.executable, "-m", "tracer.cli", "record", "-o", str(path), "--", *command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        with connect(port) as client:
            for number in range(REQUESTS):
                client.sendall(b"%05d" % number)
                assert client.recv(100) == b"%05d" % number
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b"", "the server has closed it"
    finally:
        os.killpg(recorder.pid, signal.SIGINT)
        said, _ = recorder.communicate(timeout=PATIENCE_S)
    assert recorder.returncode == 0, said.decode()  # Ctrl-C is a normal end of a recording

    trace = read_trace(path)
    calls = trace.calls
    five_bytes = calls[calls["ret"] == 5].groupby("name").size()
    assert five_bytes["recvfrom"] == REQUESTS
    assert five_bytes["sendto"] == REQUESTS
    connection = calls[(calls["name"] == "recvfrom") & (calls["ret"] == 5)]["fd"].unique()
    assert len(connection) == 1
    added = calls[(calls["name"] == "epoll_ctl") & (calls["target"] == connection[0])]
    assert added["op"].tolist() == [1, 2]
    waits = calls[(calls["name"] == "epoll_wait") & (calls["ret"] > 0)]
    assert waits["ret"].sum() >= REQUESTS
    assert trace.manifest.losses is not None
    assert sum(trace.manifest.losses.values()) == 0
