"""Names of fds: a server with an fd of each kind, attached to while it runs."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.frames import Trace, read_trace
from tests.live.running import PYTHON, manifest, records, started, tracer
from tests.waiting import PATIENCE_S, wait_for

pytestmark = pytest.mark.live

SERVER = Path(__file__).with_name("fd_server.py")
Start = Callable[[int], tuple[int, dict[str, Any]]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Start]:
    """Start the server with so many connections; yield its pid and fds."""
    processes = []

    def start(connections: int) -> tuple[int, dict[str, Any]]:
        ready = tmp_path / "ready.json"
        command = [*PYTHON, str(SERVER), "0", str(connections), str(ready)]
        processes.append(subprocess.Popen(command))
        wait_for(ready.exists)
        return processes[-1].pid, json.loads(ready.read_text())

    yield start
    for process in processes:
        process.kill()
        process.wait()


def ask(pid: int, port: int, named_in: Path | None = None) -> int:
    """Connect, send a line and get it back; return the port it came from.

    The connection is kept until it is named in ``named_in``, and is closed by the server too.
    """
    before = fds(pid)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"hello\n")
        assert client.recv(100) == b"hello\n"
        own = int(client.getsockname()[1])
        if named_in:
            wait_for(lambda: f'"127.0.0.1:{own}"' in observed(named_in))
    wait_for(lambda: fds(pid) == before)
    return own


def fds(pid: int) -> int:
    """Return how many fds a process has."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def observed(trace: Path) -> str:
    """Return what has been seen of fds so far."""
    file = trace / "fds.jsonl"
    return file.read_text() if file.exists() else ""


def attached(tmp_path: Path, pid: int, meanwhile: Callable[[Path], object]) -> Trace:
    """Record process ``pid`` while ``meanwhile`` is called with the trace."""
    path = tmp_path / "x.trace"
    recorder = started("record", "-p", str(pid), "-o", path, "--detail", "steps")
    wait_for(lambda: records(path))
    meanwhile(path)
    recorder.send_signal(2)
    _, said = recorder.communicate(timeout=PATIENCE_S)
    assert recorder.returncode == 0, said
    return read_trace(path)


def test_an_fd_of_each_kind_has_its_name(server, tmp_path):
    pid, kinds = server(1)
    ports = []
    trace = attached(tmp_path, pid, lambda path: ports.append(ask(pid, kinds["port"], path)))
    end_ns = trace.manifest.ended_ns
    names = {kind: trace.fds.name(pid, fd, end_ns) for kind, fd in kinds.items() if kind != "port"}
    assert names.pop("pipe").startswith("pipe ")
    assert names.pop("udp").startswith("UDP 127.0.0.1:")
    assert names == {
        "listener": f"TCP 127.0.0.1:{kinds['port']} (LISTEN)",
        "unix": f"unix, peer fd {kinds['peer']}",
        "peer": f"unix, peer fd {kinds['unix']}",
        "epoll": names["epoll"],
        "eventfd": "eventfd",
        "pidfd": f"pidfd of {pid}",
        "file": str(SERVER),
    }
    assert "watches 3 fds" in names["epoll"]
    reads = trace.calls[(trace.calls["family"] == "read") & (trace.calls["ret"] == 6)]
    (name,) = trace.fds.names(reads.rename(columns={"enter_ns": "at_ns"}))
    assert name == f"TCP 127.0.0.1:{kinds['port']}->127.0.0.1:{ports[0]} (ESTABLISHED)"
    assert manifest(trace.path)["fd_names"]["skipped"] == 0


def test_reused_fd_numbers_have_separate_names(server, tmp_path):
    """Each connection gets the same fd; a short one is known by its listener at least."""
    pid, kinds = server(1)
    ports = []

    def clients(path: Path) -> None:
        for named_in in (path, None, path):
            ports.append(ask(pid, kinds["port"], named_in))

    trace = attached(tmp_path, pid, clients)
    reads = trace.calls[(trace.calls["family"] == "read") & (trace.calls["ret"] == 6)]
    assert reads["fd"].nunique() == 1
    first, short, last = trace.fds.names(reads.rename(columns={"enter_ns": "at_ns"}))
    assert f"->127.0.0.1:{ports[0]} " in first
    assert f"->127.0.0.1:{ports[2]} " in last
    assert str(ports[0]) not in short
    assert f"127.0.0.1:{kinds['port']}" in short


def test_reports_and_exports_have_the_names(server, tmp_path):
    pid, kinds = server(1)
    trace = attached(tmp_path, pid, lambda _: ask(pid, kinds["port"]))
    name = f"TCP 127.0.0.1:{kinds['port']} (LISTEN)"
    assert name in tracer("report", trace.path).stdout.replace("\n", " ")
    page = tmp_path / "x.html"
    assert tracer("report", trace.path, "--html", page).returncode == 0
    assert name in page.read_text()
    assert tracer("export", trace.path, "--csv", tmp_path / "csv").returncode == 0
    assert name in (tmp_path / "csv" / "calls.csv").read_text()


def test_a_started_command_has_names_too(tmp_path):
    path, ready = tmp_path / "x.trace", tmp_path / "ready.json"
    recorder = started(
        "record", "-o", path, "--", *PYTHON, str(SERVER), "0", "3", str(ready)
    )  # fmt: skip
    wait_for(ready.exists)
    wait_for(lambda: '"LISTEN"' in observed(path))
    recorder.send_signal(2)
    _, said = recorder.communicate(timeout=PATIENCE_S)
    assert recorder.returncode == 0, said
    kinds, trace = json.loads(ready.read_text()), read_trace(path)
    (pid,) = trace.calls.loc[trace.calls["family"] == "accept", "pid"].unique()
    name = trace.fds.name(int(pid), kinds["listener"], trace.manifest.ended_ns)
    assert name == f"TCP 127.0.0.1:{kinds['port']} (LISTEN)"
    accepts = trace.calls[trace.calls["family"] == "accept"]
    given = trace.fds.names(accepts.rename(columns={"enter_ns": "at_ns"}))
    assert set(given) == {name}


def test_ten_thousand_fds_are_named_while_the_server_serves(server, tmp_path):
    """The server answers while its fds are read; the benchmark has the cost."""
    pid, kinds = server(4990)

    def clients(path: Path) -> None:
        for _ in range(20):
            ask(pid, kinds["port"])
        wait_for(lambda: observed(path).count('"tcp"') >= 2 * 4990)

    trace = attached(tmp_path, pid, clients)
    named = {each.fd for each in trace.fds.seen if each.kind == "tcp"}
    assert len(named) >= 2 * 4990
    (epoll,) = {each.fd for each in trace.fds.seen if each.kind == "epoll"}
    assert epoll == kinds["epoll"]
    assert "watches 4,992 fds" in str(trace.fds.name(pid, epoll, trace.manifest.ended_ns))
    assert set(trace.manifest.losses.values()) == {0}
