"""``scripts/bench``: measure, print the table, write ``docs/bench.md``."""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import fds, joining
from tests.bench.drain import drain_rate
from tests.bench.goals import NOT_MET, met
from tests.bench.servers import Cost, rows, server_costs
from tests.bench.startup import startup_seconds
from tracer.guest.outside import GUEST_PYTHON
from tracer.lab import kernels
from tracer.lab.boot import boot
from tracer.lab.releases import DEFAULT
from tracer.shared.errors import LabError, TracerError
from tracer.shared.output import to_stderr

ROOT = Path(__file__).resolve().parents[2]
GUEST = Path(__file__).resolve().with_name("guest.py")
DEADLINE_S = 900.0
NS_PER_INSTRUCTION = 2
"""In the lab's boots: ``-icount shift=1``."""
LIMITS = {"calls": 0.3, "steps": 1.0}
"""The most that tracing may add per hit, as a share of what bpftrace adds."""


def lab_cost(kernel_name: str) -> dict[str, Any]:
    """Return what ``guest.py`` measured in one boot in instruction-count mode."""
    kernel = kernels.fetch(kernel_name, to_stderr)
    with tempfile.TemporaryDirectory(prefix="tracer-bench-") as name:
        result = boot(
            kernel, [*GUEST_PYTHON, str(GUEST), name], share=Path(name), icount=True,
            deadline_s=DEADLINE_S, on_line=to_stderr, progress=to_stderr,
        )  # fmt: skip
        if result.exit_code != 0:
            raise LabError(f"the guest failed: {result.stderr.decode(errors='replace')[-2000:]}")
        cost: dict[str, Any] = json.loads((Path(name) / "cost.json").read_text())
        return cost


def _cost_rows(cost: dict[str, Any]) -> list[str]:
    lines = [
        "| workload | detail | hits per call | untraced µs | tracer µs | bpftrace µs "
        "| tracer added per hit | empty programs added per hit | bpftrace added per hit | ratio "
        "| limit |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in cost["rows"]:
        model, fds, active = row["workload"]
        plain = row["untraced"]["median_ns"]
        for detail, limit in LIMITS.items():
            ours, theirs = row[detail], row[f"bpftrace_{detail}"]["median_ns"]
            empty = row[f"empty_{detail}"]["median_ns"] - plain
            hits = ours["hits_per_call"]
            added, other = ours["median_ns"] - plain, theirs - plain
            lines.append(
                f"| {model}, {fds:,} fds, {active} ready | {detail} | {hits:,.0f} "
                f"| {plain / 1000:,.1f} | {ours['median_ns'] / 1000:,.1f} | {theirs / 1000:,.1f} "
                f"| {added / hits:,.0f} ns | {empty / hits:,.0f} ns ({empty / other:.2f}) "
                f"| {other / hits:,.0f} ns | {added / other:.2f} "
                f"| {limit} {met(added <= limit * other)} |"
            )
        lines.append(_top_row(row, plain))
    return lines


def _top_row(row: dict[str, Any], plain: float) -> str:
    """Return the row of ``tracer top``, which must cost less than records of calls."""
    model, fds, active = row["workload"]
    added, calls = (row[how]["median_ns"] - plain for how in ("top", "calls"))
    return (
        f"| {model}, {fds:,} fds, {active} ready | top | - | {plain / 1000:,.1f} "
        f"| {row['top']['median_ns'] / 1000:,.1f} | - | - | - | - | - "
        f"| below calls {met(added < calls)} |"
    )


def _room(cost: dict[str, Any]) -> str:
    """Return what the limit leaves for a tracer's own work, and what ours takes."""
    row, limit = cost["rows"][0], LIMITS["calls"]
    plain, hits = row["untraced"]["median_ns"], row["calls"]["hits_per_call"]
    ours, empty, other = (
        (row[name]["median_ns"] - plain) / hits
        for name in ("calls", "empty_calls", "bpftrace_calls")
    )
    model, fds, _ = row["workload"]
    return (
        f"At calls, {model} of {fds:,} fds: {empty:,.0f} of tracer's {ours:,.0f} ns per hit are "
        f"the kernel's path to a program and back. Whose hit it is, and counting it, takes "
        f"{ours - empty:,.0f} ns ({(ours - empty) / NS_PER_INSTRUCTION:,.0f} instructions); the "
        f"limit of {limit} would leave {limit * other - empty:,.0f} ns "
        f"({(limit * other - empty) / NS_PER_INSTRUCTION:,.0f} instructions) for that."
    )


def _memory(cost: dict[str, Any]) -> str:
    peak = max(row[detail]["rss_kib"] for row in cost["rows"] for detail in LIMITS) / 1024
    lost = sum(row[detail]["lost"] for row in cost["rows"] for detail in LIMITS)
    return (
        f"Recorder with a 16 MiB ring: {peak:.1f} MiB resident at its peak (limit 64: "
        f"{met(peak < 64)}); records lost: {lost}."
    )


def _native(
    rate: dict[str, float], start: dict[str, float], naming: dict[str, float], joined: float
) -> list[str]:
    release = platform.release()
    return [
        f"## Ring to spool and start, natively on {release}",
        "",
        "Medians of 5 runs. The rate is from a ring that the kernel filled to a spool file; the",
        "start is from process start to the six tracepoints attached, each in a fresh process.",
        "",
        "| what | tracer, core | tracer, bcc | bpftrace | limit |",
        "|---|---|---|---|---|",
        f"| {rate['cells']:,.0f} records, full ring to spool | {rate['per_second'] / 1e6:.1f} "
        f"million/s | the same | - | 10 million/s {met(rate['per_second'] >= 1e7)} |",
        f"| start to attached | {start['core']:.3f} s | {start['bcc']:.3f} s "
        f"| {start['bpftrace']:.3f} s | 0.5 s {met(start['core'] <= 0.5)} |",
        fds.row(naming),
        joining.row(joined),
    ]


def _servers(servers: list[Cost]) -> list[str]:
    return [
        f"## Servers, natively, kernel {platform.release()}",
        "",
        "CPU time of the server per request (/proc/PID/schedstat), untraced and watched "
        "alternately, on one machine. Attached by pid, with what this kernel lets tracer attach. "
        "bpftrace adds up the time of calls, without a record. A recording of another process "
        "costs this one what the tracepoints themselves do, and the check whether it is traced.",
        "",
        *rows(servers),
    ]


def _lab(cost: dict[str, Any]) -> list[str]:
    return [
        f"## In the lab, kernel {cost['release']}",
        "",
        f"Measured on {_today()}: one boot in instruction-count mode (one CPU, `-icount",
        "shift=1,sleep=off`: an instruction takes 2 ns; caches, branches and contention are left",
        "out). Medians of 23 rounds of the calling thread's CPU time for one wait call, the last "
        "fds ready. bpftrace counts the same hooks in the same guest, per thread with a filter on "
        "the pid. The ratio is what tracer adds to a call over what bpftrace adds. Breakpoints",
        "(`_copy_from_user`, `__put_user_*`) are part of what both add, but not of the hits.",
        "Empty programs (`return 0`) at the same hooks are what the kernel takes to get to a",
        "program and back (in brackets as a share of bpftrace's): the least any tracer adds.",
        "At detail calls __pollwait is attached only where BTF does not say whose a",
        "poll_wqueues is; where it does, it is left out for bpftrace as well.",
        "",
        *_cost_rows(cost),
        "",
        _room(cost),
        "",
        _memory(cost),
    ]


def _today() -> str:
    return datetime.datetime.now(tz=datetime.UTC).date().isoformat()


def page(cost: dict[str, Any], native: list[str], servers: list[Cost]) -> str:
    """Return the results as Markdown."""
    return "\n".join(
        [
            "# What tracing costs",
            "",
            f"Made by `scripts/bench` on {_today()}; do not edit.",
            "",
            *_lab(cost),
            "",
            *native,
            "",
            *_servers(servers),
            "",
        ]
    )


def with_lab(text: str, cost: dict[str, Any]) -> str:
    """Return the page with the lab's part measured again: other load does not change it."""
    head, _, *others = text.split("\n## ")
    return "\n".join([head, *_lab(cost), "", "## " + "\n## ".join(others)])


def _measured(kernel: str) -> str:
    """Measure everything and return the page."""
    to_stderr("measuring ring and start natively")
    rate, start = drain_rate(), startup_seconds()
    servers = server_costs()
    naming, joined = fds.naming_cost(), joining.joining_seconds()
    return page(lab_cost(kernel), _native(rate, start, naming, joined), servers)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--kernel", default=DEFAULT, help="kernel of the lab (%(default)s)")
    parser.add_argument("-o", type=Path, default=ROOT / "docs/bench.md", help="where to write")
    parser.add_argument(
        "--lab", action="store_true", help="the lab's part alone; the page keeps the others"
    )
    args = parser.parse_args()
    try:
        if args.lab:
            text = with_lab(args.o.read_text(), lab_cost(args.kernel))
        else:
            text = _measured(args.kernel)
    except TracerError as error:
        print(f"bench: {error}", file=sys.stderr)
        return error.exit_code
    args.o.write_text(text)
    print(text)
    return int(NOT_MET in text)


if __name__ == "__main__":
    sys.exit(main())
