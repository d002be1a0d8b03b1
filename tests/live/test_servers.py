"""Real servers, recorded while they serve: attached to all at once, and by strace too.

strace traces the same processes in the same run. It attaches earlier and detaches later, so what
tracer saw of a thread must be a contiguous part of what strace saw: each call with its result, in
order.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from analysis.checks.trust import doubts_of_records
from analysis.frames import Trace, read_trace
from tests.live.running import manifest, records, started
from tests.live.serving import accepted_under_a_name
from tests.servers.loads import REQUESTS
from tests.servers.programs import NotHereError, environment, program
from tests.servers.servers import SERVERS, Running
from tests.servers.strace import Calls, Strace, stands_in
from tests.waiting import PATIENCE_S, wait_for
from tracer.shared.records import Unseen

pytestmark = pytest.mark.live

CLIENT = "curl"


class Run(NamedTuple):
    """One recording of all servers, and what strace saw meanwhile."""

    trace: Trace
    strace: Strace
    pids: dict[str, list[int]]
    ports: dict[str, int]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    where = tmp_path_factory.mktemp("servers")
    servers: list[Running] = []
    client = None
    try:
        for name in SERVERS:
            servers.append(_running(name, where / name))
        pids = {server.name: server.pids for server in servers}
        client = _held_back(program(CLIENT), "-s", f"http://127.0.0.1:{servers[1].port}/")
        pids[CLIENT] = [client.pid]
        together = [pid for each in pids.values() for pid in each]
        strace = Strace(where / "strace", together)
        recorder = started("record", "-p", ",".join(map(str, together)), "-o", where / "x.trace")
        wait_for(lambda: records(where / "x.trace"))
        client.communicate(b"\n", timeout=PATIENCE_S)
        for server in servers:
            server.load()
        recorder.send_signal(signal.SIGINT)
        _, said = recorder.communicate(timeout=PATIENCE_S)
        assert recorder.returncode == 0, said
        strace.end()
        ports = {server.name: server.port for server in servers}
        yield Run(read_trace(where / "x.trace"), strace, pids, ports)
    finally:
        for server in servers:
            server.stop()
        if client:
            client.kill()
            client.communicate()


def _running(name: str, where: Path) -> Running:
    try:
        return Running(name, where)
    except NotHereError as error:
        pytest.skip(str(error))


def _held_back(*command: str) -> subprocess.Popen[bytes]:
    """Start a command that execs only when it gets a line."""
    shell = ["sh", "-c", 'read line; exec "$@"', "sh", *command]
    return subprocess.Popen(
        shell, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment()
    )


def recorded(trace: Trace, tid: int) -> Calls:
    """Return the calls of a thread that were seen from begin to end."""
    calls = trace.calls[(trace.calls["tid"] == tid) & ~trace.calls["unfinished"]]
    whole = calls[calls["unseen"] & int(Unseen.BEGINNING) == 0].sort_values("enter_ns")
    return list(zip(whole["name"], whole["ret"].astype(int), strict=True))


@pytest.mark.parametrize("name", [*SERVERS, CLIENT])
def test_strace_saw_the_same_calls_of_each_thread(run, name):
    calls = run.trace.calls
    tids = calls.loc[calls["pid"].isin(run.pids[name]), "tid"].unique()
    found = {int(tid): recorded(run.trace, int(tid)) for tid in tids}
    assert sum(map(len, found.values())) >= (2 * REQUESTS if name != CLIENT else 5)
    for tid, seen in found.items():
        assert stands_in(seen, run.strace.calls(tid)), tid


def test_nothing_was_lost(run):
    assert doubts_of_records(run.trace) == []
    assert set(manifest(run.trace.path)["losses"].values()) == {0}


@pytest.mark.parametrize("name", SERVERS)
def test_the_listener_and_what_it_accepted_have_names(run, name):
    accepted_under_a_name(run.trace, run.pids[name], run.ports[name])


def test_servers_that_dropped_their_privileges_are_named_too(run):
    assert manifest(run.trace.path)["fd_names"]["unreadable"] == 0
    seen = {each.pid for each in run.trace.fds.seen if each.kind == "tcp"}
    assert set(run.pids["nginx"][1:]) | set(run.pids["memcached"]) <= seen
