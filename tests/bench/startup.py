"""From the start of a process to its probes attached: both loaders and bpftrace."""

from __future__ import annotations

import statistics
import sys
from typing import Final

from tests.bench.bpftrace import BPFTRACE_READY, bpftrace_script
from tests.bench.native import _TRACEPOINTS, ROOT, RUNS, _until, _with_tracefs

_OURS: Final = (
    "import sys,os; sys.path.insert(0, sys.argv[1])\n"
    "from tracer.record import Recorder\n"
    "from tracer.loaders import Loading\n"
    "r = Recorder('calls', loading=Loading(sys.argv[2]))\n"
    "print('ready', flush=True); os._exit(0)"
)


def startup_seconds(runs: int = RUNS) -> dict[str, float]:
    """Return the median seconds until the same six raw tracepoints are attached.

    By instrument: ``core``, ``bcc`` (which compiles first) and ``bpftrace``, each time in a
    process of its own. Ours attach, and make their known calls, besides.
    """
    probes = [f"tracepoint:{name} {{ @[tid] = count(); }}" for name in _TRACEPOINTS]
    theirs = [*_with_tracefs(), "bpftrace", "-e", bpftrace_script(probes, "ms:1")]
    python = [sys.executable, "-S", "-E", "-c", _OURS, str(ROOT)]
    return {
        "core": statistics.median(_until(["ready"], [*python, "core"]) for _ in range(runs)),
        "bcc": statistics.median(_until(["ready"], [*python, "bcc"]) for _ in range(runs)),
        "bpftrace": statistics.median(_until(BPFTRACE_READY, theirs) for _ in range(runs)),
    }
