"""Links are made, carry data, and disappear with their holders; nothing else is touched."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import is_gone, wait_for
from tracer.net import library
from tracer.net.link import ON_LOOPBACK, Helper, Link
from tracer.net.namespace import inside, make
from tracer.shared.errors import WorkloadError
from tracer.workloads import spec

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tracer.net.link import Helper
helper = Helper()
link = helper.join()
print(helper.pid, link.server, link.client, flush=True)
time.sleep(100)
"""


def namespace_of(fd: int, pid: int | None = None) -> int:
    """Return the number of the namespace that an fd of a process holds."""
    return Path(f"/proc/{pid or os.getpid()}/fd/{fd}").stat().st_ino


def held_by_anyone(number: int) -> bool:
    """Return whether any process is in the namespace, or has an fd of it."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            held = [process / "ns" / "net", *(process / "fd").iterdir()]
            if any(entry.stat().st_ino == number and _is_namespace(entry) for entry in held):
                return True
        except OSError:  # it ended meanwhile
            continue
    return False


def _is_namespace(entry: Path) -> bool:
    return str(entry.readlink()).startswith("net:")


@pytest.fixture
def helper() -> Iterator[Helper]:
    """A helper that is ended after the test."""
    made = Helper(PYTHON)
    yield made
    made.end()


@pytest.fixture
def untouched() -> Iterator[None]:
    """Check that this namespace's interfaces, addresses and routes stay as they are.

    It is made for the test: those of the machine change without it.
    """
    own = make()
    with inside(own):
        before = _surroundings()
        yield
        assert _surroundings() == before
    os.close(own)


def _surroundings() -> list[str]:
    lines = []
    for what in ("link", "address", "route", "neighbour"):
        shown = subprocess.run(["ip", "-o", what], capture_output=True, text=True, check=True)
        lines += [
            line.split(" lladdr ")[0].split(" valid_lft ")[0] for line in shown.stdout.splitlines()
        ]
    return [*sorted(lines), *sorted(name.name for name in Path("/run").glob("netns/*"))]


def exchange(link: Link) -> tuple[str, str]:
    """Send a byte there and one back; return the addresses that the server sees: own, client's."""
    with link.at_server():
        listener = socket.create_server((link.address, 0))
    with listener, link.at_client(), socket.create_connection(listener.getsockname()) as client:
        client.settimeout(20)
        server, (peer, _port) = listener.accept()
        with server:
            client.send(b"a")
            assert server.recv(1) == b"a"
            server.send(b"b")
            assert client.recv(1) == b"b"
            return server.getsockname()[0], peer


@pytest.mark.usefixtures("untouched")
def test_link_carries_data_between_its_ends(helper: Helper) -> None:
    link = helper.join()
    assert exchange(link) == (link.address, link.client_address)
    assert link.queueing == ("noqueue", "noqueue")
    link.close()


def test_loopback_is_a_link_with_both_ends_here() -> None:
    assert exchange(ON_LOOPBACK) == ("127.0.0.1", "127.0.0.1")
    ON_LOOPBACK.close()


def test_ends_see_one_interface_each_besides_loopback(helper: Helper) -> None:
    link = helper.join()
    for entered, name in ((link.at_server, "server"), (link.at_client, "client")):
        with entered():
            assert sorted(found for _, found in socket.if_nameindex()) == sorted(["lo", name])
    link.close()


def test_namespace_is_left_after_an_error(helper: Helper) -> None:
    link = helper.join()
    before = Path("/proc/thread-self/ns/net").stat().st_ino
    with pytest.raises(ZeroDivisionError), inside(link.server or 0):
        raise ZeroDivisionError
    assert Path("/proc/thread-self/ns/net").stat().st_ino == before
    link.close()


@pytest.mark.usefixtures("untouched")
def test_nothing_holds_a_link_that_was_closed() -> None:
    helper = Helper(PYTHON)
    link = helper.join()
    numbers = [namespace_of(fd) for fd in (link.server, link.client) if fd is not None]
    assert all(map(held_by_anyone, numbers))
    link.close()
    helper.end()
    assert not any(map(held_by_anyone, numbers))


def test_next_link_drops_the_previous_one(helper: Helper) -> None:
    first = helper.join()
    assert first.server is not None
    number = namespace_of(first.server)
    first.close()
    second = helper.join()
    assert not held_by_anyone(number)
    assert exchange(second) == (second.address, second.client_address)
    second.close()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_link_is_gone_when_its_holder_is_killed(number: signal.Signals) -> None:
    with subprocess.Popen(
        [PYTHON, "-S", "-E", "-B", "-c", HOLDER, str(ROOT)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        helper, server, client = map(int, holder.stdout.readline().split())
        spaces = [namespace_of(fd, holder.pid) for fd in (server, client)]
        assert all(map(held_by_anyone, spaces))
        holder.send_signal(number)
    wait_for(lambda: is_gone(helper))
    wait_for(lambda: not any(map(held_by_anyone, spaces)))


@pytest.mark.usefixtures("untouched")
def test_link_is_gone_when_a_server_over_it_is_killed(tmp_path: Path) -> None:
    phase = spec.parse(
        [{"model": "server", "fds": 7, "link": "lan", "waker": "while-asleep", "delay_ms": 50_000}]
    )
    with subprocess.Popen(spec.command(phase, tmp_path / "truth.json")) as server:
        wait_for(lambda: len(_children(server.pid)) == 2)
        helper, clients = _children(server.pid)
        held = [each for each in Path(f"/proc/{server.pid}/fd").iterdir() if _is_namespace(each)]
        assert len(held) == 2
        spaces = [each.stat().st_ino for each in held]
        server.kill()
    for pid in (helper, clients):
        wait_for(lambda pid=pid: is_gone(pid))
    wait_for(lambda: not any(map(held_by_anyone, spaces)))


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_helper_that_was_killed_is_an_error_and_not_a_wait() -> None:
    helper = Helper(PYTHON)
    os.kill(helper.pid, signal.SIGKILL)
    with pytest.raises(WorkloadError, match="helper that makes links"):
        helper.join()
    helper.end()


def test_wan_delays_or_says_that_the_kernel_has_no_netem(helper: Helper) -> None:
    link = helper.join()
    try:
        shaped = helper.shape(link, 20, 0, 0)
    except WorkloadError as error:
        assert "this kernel has no netem (module sch_netem)" in str(error)  # noqa: PT017
        return
    finally:
        link.close()
    assert shaped.queueing == ("netem", "netem")


def test_missing_pyroute2_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "PROJECT", tmp_path)
    monkeypatch.setattr(library, "DEBIAN", tmp_path)
    with pytest.raises(ImportError, match=r"pyroute2 is in none of .*run scripts/setup"):
        library.load()
    assert str(tmp_path) not in sys.path
