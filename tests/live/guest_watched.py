"""One process in a guest under two instruments at once: ours, and bpftrace.

``python3 -S -E guest_watched.py SHARE`` records ``watched.py`` at detail steps while bpftrace
counts functions for its pid, and writes ``SHARE/counts.json``. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tracer.recording.recorder import Recorder

FUNCTIONS = ("unix_poll", "__pollwait", "add_wait_queue", "ep_poll_callback", "pollwake")
PYTHON = ("/usr/bin/python3", "-S", "-E", "-B")
PROGRAM = Path(__file__).resolve().with_name("watched.py")
TRACE, PID, GO = Path("/tmp/x.trace"), Path("/tmp/pid"), Path("/tmp/go")  # noqa: S108


class Bpftrace(threading.Thread):
    """Counts functions for the watched process; lets it go once the probes are attached."""

    def __init__(self, functions: tuple[str, ...]) -> None:
        super().__init__()
        self.functions = functions

    def run(self) -> None:
        """Attach, write to GO, and wait for :meth:`counts`."""
        while not PID.exists() or not PID.read_text().endswith("\n"):
            time.sleep(0.05)
        probes = " ".join(
            f"kfunc:{name} /{self.condition()}/ {{ @{name.strip('_')} = count(); }}"
            for name in self.functions
        )
        self.process = subprocess.Popen(
            ["bpftrace", "-e", f'BEGIN {{ printf("ready\\n"); }} {probes}'],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        any(line.strip() == "ready" for line in self.process.stdout)
        GO.write_text("go")

    def condition(self) -> str:
        """Return what is true of the tasks that are counted, in bpftrace's words."""
        return f"pid == {int(PID.read_text())}"

    def counts(self) -> dict[str, int]:
        """Stop counting and return calls by function."""
        self.join()
        self.process.terminate()
        output, _ = self.process.communicate()
        found = {name: int(count) for name, count in re.findall(r"@(\w+): (\d+)", output)}
        return {name: found.get(name.strip("_"), 0) for name in self.functions}


def main(share: Path) -> None:
    """Record, count, and write both down."""
    os.mkfifo(GO)
    with Recorder("steps", where="lab") as recorder:
        bpftrace = Bpftrace(FUNCTIONS)
        bpftrace.start()
        recorded = recorder.record([*PYTHON, str(PROGRAM), str(PID), str(GO)], TRACE)
        counts = bpftrace.counts()
    manifest = json.loads((TRACE / "manifest.json").read_text())
    answer = {"bpftrace": counts, "manifest": manifest, "state": recorded.state}
    (share / "counts.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
