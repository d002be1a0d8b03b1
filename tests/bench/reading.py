"""``scripts/bench reading``: what reading long traces takes, written to docs/bench-reading.md.

Each command runs in a process of its own; its CPU seconds and its peak RSS are the kernel's
(wait4). The traces are recorded ones over and over (tests.bench.long_trace). Needs no root.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench.long_trace import write_long

ROOT: Final = Path(__file__).resolve().parents[2]
TRACER: Final = (sys.executable, "-c", "from tracer.start import main; raise SystemExit(main())")
STARTS: Final = {
    "`import tracer.cli`": (sys.executable, "-c", "import tracer.cli"),
    "`tracer --help`": (*TRACER, "--help"),
}
PERFETTO_MOST: Final = 10_000_000
"""Records of the longest trace that is exported to Perfetto: they take 100 bytes and more each."""


class Cost(NamedTuple):
    """What one command took."""

    cpu_s: float
    rss_mib: float


class Row(NamedTuple):
    """A command on a trace, or on none."""

    what: str
    records: int
    cost: Cost


def cost_of(command: Sequence[str]) -> Cost:
    """Run ``command`` and return what it took. CalledProcessError: it failed."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr
        told = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=told)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def rows(directory: Path, records: Sequence[int]) -> Iterator[Row]:
    """Measure commands on traces of so many ``records``, which are written below ``directory``."""
    for what, command in STARTS.items():
        yield Row(what, 0, min(cost_of(command) for _ in range(5)))
    for count in records:
        for name, detail in (("mux", "steps"), ("calls", "calls")):
            trace = write_long(directory / f"{name}-{count}.trace", count, name, detail)
            for what, options in _commands(directory, trace, count, detail).items():
                yield Row(f"{what}, detail {detail}", count, cost_of([*TRACER, *options]))
            subprocess.run(["rm", "-r", trace], check=True)


def _commands(directory: Path, trace: Path, count: int, detail: str) -> dict[str, tuple[str, ...]]:
    found = {
        "report": ("report", str(trace)),
        "compare, with itself": ("compare", str(trace), str(trace)),
        "export --parquet": ("export", str(trace), "--parquet", str(directory / "p"), "--force"),
    }
    if detail == "steps":
        found["explain"] = ("explain", str(trace))
    if count <= PERFETTO_MOST:
        file = str(directory / "x.pftrace")
        found["export --perfetto"] = ("export", str(trace), "--perfetto", file, "--force")
    return found


def page(found: Sequence[Row]) -> str:
    """Return the rows as Markdown."""
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return "\n".join(
        [
            "# What reading a trace takes",
            "",
            f"Made by `scripts/bench reading` on {today}; do not edit.",
            "",
            f"On {os.cpu_count()} processors, with a load of {os.getloadavg()[0]:.1f} at the end.",
            "Records are calls and steps together; the traces are recorded ones over and over,",
            "with times and numbers of calls that go on. Imports are counted in.",
            "",
            "| what | records | CPU s | million records per CPU second | peak RSS, MiB |",
            "|---|---|---|---|---|",
            *map(_line, found),
            "",
        ]
    )


def _line(row: Row) -> str:
    rate = f"{row.records / row.cost.cpu_s / 1e6:.2f}" if row.records else ""
    count = f"{row.records:,}" if row.records else ""
    return f"| {row.what} | {count} | {row.cost.cpu_s:.2f} | {rate} | {row.cost.rss_mib:,.0f} |"


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench reading", description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("-o", type=Path, default=ROOT / "docs/bench-reading.md")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracer-bench-") as name:
        found = []
        for row in rows(Path(name), args.records):
            print(_line(row), flush=True)
            found.append(row)
    args.o.write_text(page(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
