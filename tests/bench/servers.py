"""What tracing costs real servers: their CPU time per request, untraced and traced in turn.

Throughput says little on a shared machine; the time that the kernel charged to the server
(/proc/PID/schedstat) tells how much CPU each request took.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from tests.bench.bpftrace import BPFTRACE_READY, bpftrace_script
from tests.bench.startup import with_tracefs
from tests.servers.programs import environment, program
from tests.servers.servers import Running
from tracer.shared.output import to_stderr

ROUNDS = 5
REQUESTS = {"redis": 40_000, "nginx": 20_000}
TRACER = (sys.executable, "-m", "tracer.cli")


class Cost(NamedTuple):
    """What one way of tracing costs one server."""

    server: str
    watched_by: str
    ns_per_request: float
    ratio: float
    """Ratio to untraced, median of the rounds."""
    least: float
    most: float


def cpu_ns(pids: Sequence[int]) -> int:
    """Return the CPU time of all threads of processes, in ns (kernel/sched/stats.c)."""
    return sum(
        int((task / "schedstat").read_text().split()[0])
        for pid in pids
        for task in Path(f"/proc/{pid}/task").iterdir()
    )


@contextmanager
def _while_it_runs(command: Sequence[str], said: str) -> Iterator[None]:
    """Run a command that attaches; the block begins once it has ``said`` so, and then ends it."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if said in line:
                break
        else:
            raise SystemExit(f"{command[0]} did not attach")
        yield
        process.send_signal(signal.SIGINT)
        process.communicate()


def _watching(how: str, pids: Sequence[int], where: Path) -> list[str]:
    who = ",".join(map(str, pids))
    match how:
        case "tracer record" | "tracer record of another":
            who = who if how == "tracer record" else str(os.getpid())
            return [*TRACER, "record", "-p", who, "-o", str(where / f"{os.urandom(4).hex()}.trace")]
        case "tracer top":
            return [*TRACER, "top", "-p", who, "--json"]
        case "bpftrace":
            ours = " || ".join(f"pid == {pid}" for pid in pids)
            probes = [probe.replace("OURS", ours) for probe in LEAST]
            return [*with_tracefs(), "bpftrace", "-B", "line", "-e", bpftrace_script(probes, "s:1")]
        case _:
            each = [word for pid in pids for word in ("-p", str(pid))]
            return ["strace", "-f", "-o", str(where / "strace"), *each]


LEAST = (
    "tracepoint:raw_syscalls:sys_enter /OURS/ { @began[tid] = nsecs; }",
    "tracepoint:raw_syscalls:sys_exit /@began[tid]/ { @took = sum(nsecs - @began[tid]); }",
)
"""The least that measures the time of each call: no record, no argument, no scheduler."""
SAID = {
    "tracer record": " records",
    "tracer record of another": " records",
    "tracer top": '"schema"',
    "bpftrace": BPFTRACE_READY[-1],
    "strace": "attached",
}
WATCHED_BY = ("untraced", *SAID)


def _load(name: str, port: int) -> None:
    count = str(REQUESTS[name])
    command = (
        [program("redis-benchmark"), "-p", str(port), "-q", "-t", "get", "-n", count, "-c", "20"]
        if name == "redis"
        else [program("ab"), "-q", "-k", "-n", count, "-c", "20", f"http://127.0.0.1:{port}/"]
    )
    subprocess.run(command, env=environment(), capture_output=True, check=True)


def _once(server: Running, how: str, where: Path) -> float:
    pids = server.pids
    watching = (
        nullcontext()
        if how == "untraced"
        else _while_it_runs(_watching(how, pids, where), SAID[how])
    )
    with watching:
        before = cpu_ns(pids)
        _load(server.name, server.port)
        return (cpu_ns(pids) - before) / REQUESTS[server.name]


def server_costs(rounds: int = ROUNDS) -> list[Cost]:
    """Measure each server under each way of tracing, in turn, ``rounds`` times."""
    found = []
    for name in REQUESTS:
        with tempfile.TemporaryDirectory(prefix="tracer-bench-") as directory:
            where = Path(directory)
            where.chmod(0o755)
            server = Running(name, where / name)
            try:
                times = []
                for number in range(rounds):
                    to_stderr(f"{name}: round {number + 1} of {rounds}")
                    times.append({how: _once(server, how, where) for how in WATCHED_BY})
            finally:
                server.stop()
        found += [_cost(name, how, times) for how in WATCHED_BY]
    return found


def _cost(name: str, how: str, times: Sequence[dict[str, float]]) -> Cost:
    ratios = [each[how] / each["untraced"] for each in times]
    median = statistics.median(each[how] for each in times)
    return Cost(name, how, median, statistics.median(ratios), min(ratios), max(ratios))


def rows(costs: Sequence[Cost]) -> list[str]:
    """Return a Markdown table."""
    return [
        "| server | watched by | CPU per request | of untraced (least, most) |",
        "|---|---|---|---|",
        *(
            f"| {each.server} | {each.watched_by} | {each.ns_per_request / 1000:,.1f} µs "
            f"| {each.ratio:.2f} ({each.least:.2f}, {each.most:.2f}) |"
            for each in costs
        ),
    ]


if __name__ == "__main__":
    print("\n".join(rows(server_costs())))
