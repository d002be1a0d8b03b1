"""``scripts/bench reading``: what reading long traces costs, written to docs/bench-reading.md.

Each command runs in its own process; its CPU seconds and its peak RSS are the kernel's (wait4). The
traces are recorded ones, repeated (tests.bench.long_trace). Needs no root.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from analysis.windows.recording import open_recording
from tests.bench.goals import NOT_MET
from tests.bench.long_trace import write_long
from tests.bench.reading_page import COMPARE, Cost, Row, line, page
from tests.bench.yardstick import yardstick

ROOT: Final = Path(__file__).resolve().parents[2]
TRACER: Final = (sys.executable, "-c", "from tracer.start import main; raise SystemExit(main())")
STARTS: Final = {
    "`import tracer.cli`": (sys.executable, "-c", "import tracer.cli"),
    "`tracer --help`": (*TRACER, "--help"),
}
PERFETTO_MOST: Final = 10_000_000
"""Longest trace, in records, that is exported to Perfetto: they take 100 bytes or more each."""
AGAIN: Final = ", again"
"""Suffix of measurements with what an earlier command has kept of the trace."""


def cost_of(command: Sequence[str]) -> Cost:
    """Run ``command`` and return its cost. CalledProcessError: it failed."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr
        errors = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    took = time.monotonic() - began
    return Cost(used.ru_utime + used.ru_stime, took, used.ru_maxrss / 1024)


def starts() -> Iterator[Row]:
    """Measure each command's start: the minimum of several, since others run beside."""
    for what, command in STARTS.items():
        yield Row(what, "", 0, min(cost_of(command) for _ in range(9)))


def rows(directory: Path, records: Sequence[int], details: Sequence[str]) -> Iterator[Row]:
    """Measure commands on traces of so many ``records``, written below ``directory``."""
    kept = directory / "cache"
    os.environ["TRACER_CACHE"] = str(kept)
    for count in records:
        for name, detail in (("mux", "steps"), ("calls", "calls")):
            if detail not in details:
                continue
            trace = write_long(directory / f"{name}-{count}.trace", count, name, detail)
            exact = open_recording(trace).records
            for what, options in _commands(directory, trace, count, detail).items():
                if not what.endswith(AGAIN):
                    shutil.rmtree(kept, ignore_errors=True)
                yield Row(what, detail, exact, cost_of([*TRACER, *options]))
            shutil.rmtree(trace)


def _commands(directory: Path, trace: Path, count: int, detail: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if detail == "steps":
        call = ("explain", str(trace), "--call", _late_call(trace))
        found |= {
            "explain": ("explain", str(trace)),
            "explain --list": ("explain", str(trace), "--list"),
            "explain --slowest": ("explain", str(trace), "--slowest"),
            "explain --fd": ("explain", str(trace), "--fd", _late_fd(trace)),
            "explain --call, a late one": call,
            "explain --call, a late one" + AGAIN: call,
        }
    found |= {
        "export --parquet": ("export", str(trace), "--parquet", str(directory / "p"), "--force"),
        "report": ("report", str(trace)),
        "export --dataset": ("export", str(trace), "--dataset", str(directory / f"d{count}")),
        COMPARE: ("compare", str(trace), str(trace)),
    }
    if count <= PERFETTO_MOST:
        file = str(directory / "x.pftrace")
        found["export --perfetto"] = ("export", str(trace), "--perfetto", file, "--force")
    return found


def _late_call(trace: Path) -> str:
    """Return a call near the end that slept, as TID:SEQ."""
    calls = open_recording(trace).calls.records[-10_000:]
    call = calls[(calls["sleeps"] > 0) & (calls["exit_ns"] > 0)][-1]
    return f"{call['tid']}:{call['seq']}"


def _late_fd(trace: Path) -> str:
    """Return the number of an fd that was used near the end."""
    fds = open_recording(trace).calls.records["fd"][-10_000:]
    return str(fds[fds >= 0][-1])


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench reading", description=__doc__)
    add = parser.add_argument
    add("--records", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    add("--detail", nargs="+", default=["steps", "calls"], choices=("steps", "calls"))
    add("-o", type=Path, default=ROOT / "docs/bench-reading.md")
    args = parser.parse_args()
    found, speeds = [*starts()], [yardstick()]
    with tempfile.TemporaryDirectory(prefix="tracer-bench-") as name:
        for row in rows(Path(name), args.records, args.detail):
            print(line(row), flush=True)
            found.append(row)
            speeds.append(yardstick())
            args.o.write_text(page(found, speeds))
    return int(NOT_MET in args.o.read_text())


if __name__ == "__main__":
    sys.exit(main())
