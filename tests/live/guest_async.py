"""Signals, AIO poll and io_uring poll in a guest under two instruments: ours, and bpftrace.

``python3 -S -E guest_async.py SHARE`` records the workload's PHASES at detail steps while bpftrace
counts functions for its pid, and writes ``SHARE/counts.json``. Standard library only.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.live.guest_watched import GO, PID, TRACE, Bpftrace
from tracer.recording.recorder import Recorder
from tracer.workloads import spec

FUNCTIONS = (
    "io_poll_queue_proc", "io_poll_wake", "aio_poll_queue_proc", "aio_poll_wake", "send_sigio",
    "fasync_helper", "add_wait_queue",
)  # fmt: skip
FDS, ACTIVE, ROUNDS = 7, 3, 23
PHASES = [
    {"model": "sigio", "fds": FDS, "active": ACTIVE, "rounds": ROUNDS},
    {"model": "aio-poll", "fds": FDS, "active": ACTIVE, "rounds": ROUNDS},
    {"model": "io-uring", "fds": FDS, "active": ACTIVE, "rounds": ROUNDS},
    {"model": "io-uring", "fds": FDS, "active": ACTIVE, "rounds": ROUNDS, "shot": "multishot"},
]
"""The waiter writes itself, so that every callback runs in the one process that is counted."""
_WAIT_THEN = f'echo $$ > {PID}; read go < {GO}; exec "$@"'


def main(share: Path) -> None:
    """Record, count, and write both down."""
    os.mkfifo(GO)
    truth = Path("/tmp/truth.json")  # noqa: S108 -- the guest's own tmpfs
    command = ["/bin/sh", "-c", _WAIT_THEN, "sh", *spec.command(spec.parse(PHASES), truth)]
    with Recorder("steps", where="lab") as recorder:
        bpftrace = Bpftrace(FUNCTIONS)
        bpftrace.start()
        recorded = recorder.record(command, TRACE, truth=truth)
        counts = bpftrace.counts()
    manifest = json.loads((TRACE / "manifest.json").read_text())
    answer = {"bpftrace": counts, "manifest": manifest, "state": recorded.state}
    (share / "counts.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
