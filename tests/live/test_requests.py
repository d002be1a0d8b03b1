"""The requests found in a recording are those that the server counted itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.live.running import PYTHON, tracer

pytestmark = pytest.mark.live

ROUNDS, CLIENTS = 23, 3
SERVER = """\
import os, select, socket, sys
path, rounds, clients = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
listener = socket.create_server(("127.0.0.1", 0))
if os.fork() == 0:
    ours = [socket.create_connection(listener.getsockname()) for _ in range(clients)]
    for _ in range(rounds):
        for each in ours:
            each.sendall(b"x")
            each.recv(1)
    os._exit(0)
epoll, peers, read = select.epoll(), {}, 0
epoll.register(listener, select.EPOLLIN)
while len(peers) < clients or any(peers.values()):
    for fd, _ in epoll.poll():
        if fd == listener.fileno():
            peer, _ = listener.accept()
            peers[peer.fileno()] = peer
            epoll.register(peer, select.EPOLLIN)
        elif got := peers[fd].recv(1):
            read += 1
            peers[fd].send(got)
        else:
            epoll.unregister(fd)
            peers[fd] = None
os.wait()
open(path, "w").write(f"{os.getpid()} {read}")
"""


def test_a_server_whose_requests_are_known(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    words = [*PYTHON, str(tmp_path / "server.py"), str(tmp_path / "truth"), ROUNDS, CLIENTS]
    done = tracer("record", "-o", tmp_path / "x.trace", "--", *map(str, words))
    assert done.returncode == 0, done.stderr
    pid, read = map(int, (tmp_path / "truth").read_text().split())
    assert read == ROUNDS * CLIENTS
    answer = tmp_path / "x.json"
    done = tracer("report", tmp_path / "x.trace", "--by", "thread", "--json", answer)
    assert done.returncode == 0, done.stderr
    rows = json.loads(answer.read_text())["loops"]["rows"]
    (server,) = (row for row in rows if row["tid"] == pid)
    assert server["requests"] == read
    assert server["kernel_ns_per_request"] == pytest.approx(server["kernel_ns"] / read)
