"""Each of COUNTED in a guest under two instruments at once: ours, and bpftrace.

``python3 -S -E guest_counted.py SHARE`` records each at detail steps while bpftrace counts
functions for all processes of its name, and writes ``SHARE/NAME.json``. Standard library only.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.live.counted import COUNTED, Counted
from tracer.recording.recorder import Recorder
from tracer.workloads import spec

NAME = "watched"
PYTHON = Path("/tmp") / NAME  # noqa: S108 -- the guest's own tmpfs
ATTACHED = PYTHON.with_name("attached")
PROGRAM = Path(__file__).resolve().with_name("watched.py")


@contextmanager
def bpftrace(functions: tuple[str, ...]) -> Iterator[Callable[[], dict[str, int]]]:
    """Count functions for every process started as NAME, or forked by one.

    Yields, once the probes are attached, a function that ends counting and returns the calls by
    function. bpftrace starts the command of ``-c`` when it has attached, and ends with it. A script
    that prints would not do: an emulated guest may lose the wakeup for what BEGIN printed, and one
    that prints on and on (tests.bench.bpftrace) runs ep_poll_callback on bpftrace's own epoll, now
    and then in an interrupt of a counted process.
    """
    probes = " ".join(
        f'kfunc:{name} /comm == "{NAME}"/ {{ @{name.strip("_")} = count(); }}' for name in functions
    )
    ATTACHED.write_text("attached\n")
    cat = shutil.which("cat")  # a bare name that PATH has in two places is refused
    line = ["bpftrace", "-c", f"{cat} {ATTACHED} -", "-e", probes]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, stdin=pipe, stdout=pipe, text=True) as counter:
        assert counter.stdout
        assert any(said.strip() == "attached" for said in counter.stdout), "bpftrace ended"

        def counts() -> dict[str, int]:
            output, _ = counter.communicate()  # closes stdin, and so ends the command
            found = {name: int(count) for name, count in re.findall(r"@(\w+): (\d+)", output)}
            return {name: found.get(name.strip("_"), 0) for name in functions}

        yield counts


def count(name: str, counted: Counted, recorder: Recorder) -> dict[str, Any]:
    """Record and count one program; return both results."""
    trace = PYTHON.with_name(f"{name}.trace")
    truth = trace.with_suffix(".truth") if counted.phases else None
    command = (
        spec.command(spec.parse([dict(phase) for phase in counted.phases]), truth, str(PYTHON))
        if truth
        else [str(PYTHON), "-S", "-E", "-B", str(PROGRAM)]
    )
    with bpftrace(counted.functions) as counts:
        recorded = recorder.record(command, trace, truth=truth)
        found = counts()
    manifest = json.loads((trace / "manifest.json").read_text())
    return {"bpftrace": found, "manifest": manifest, "state": recorded.state}


def main(share: Path) -> None:
    """Count one after the other, and write down each result."""
    PYTHON.symlink_to(spec.GUEST_PYTHON)
    with Recorder("steps", where="lab") as recorder:
        for name, counted in COUNTED.items():
            (share / f"{name}.json").write_text(json.dumps(count(name, counted, recorder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
