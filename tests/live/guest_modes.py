"""Naps, epoll's modes and several waiters in a guest under two instruments: ours, and bpftrace.

``python3 -S -E guest_modes.py SHARE`` records the workload's PHASES at detail steps while
bpftrace counts functions for its waiters and wakers, and writes ``SHARE/counts.json``. They are
several processes, so they are known by a name. Standard library only.
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
    "schedule_hrtimeout_range", "pollwake", "ep_poll_callback", "ep_autoremove_wake_function",
    "add_wait_queue_exclusive",
)  # fmt: skip
NAPS, ROUNDS, WAITERS = 7, 5, 3
PHASES = [
    *({"model": f"{model}-naps", "naps": NAPS, "rounds": ROUNDS, "delay_ms": 1}
      for model in ("select", "poll", "epoll")),
    {"model": "poll-naps", "name": "masked", "naps": NAPS, "rounds": ROUNDS, "delay_ms": 1,
     "fd_kind": "eventfd"},
    {"model": "epoll-oneshot", "rounds": ROUNDS, "delay_ms": 1},
    {"model": "epoll-nested", "rounds": ROUNDS, "delay_ms": 1, "waker": "while-asleep"},
    {"model": "epoll-crowd", "trigger": "exclusive", "waiters": WAITERS, "rounds": ROUNDS},
]  # fmt: skip
_NAME = "watched"
_PYTHON = Path("/tmp") / _NAME  # noqa: S108 -- the guest's own tmpfs
_WAIT_THEN = f'echo $$ > {PID}; read go < {GO}; exec "$@"'


class ByName(Bpftrace):
    """Counts for every process that was started as the workload, or forked by it."""

    def condition(self) -> str:
        """Return what is true of them: a program has the name of its file."""
        return f'comm == "{_NAME}"'


def main(share: Path) -> None:
    """Record, count, and write both down."""
    os.mkfifo(GO)
    _PYTHON.symlink_to(spec.GUEST_PYTHON)
    truth = Path("/tmp/truth.json")  # noqa: S108 -- the guest's own tmpfs
    line = spec.command(spec.parse(PHASES), truth, python=str(_PYTHON))
    with Recorder("steps", where="lab") as recorder:
        bpftrace = ByName(FUNCTIONS)
        bpftrace.start()
        command = ["/bin/sh", "-c", _WAIT_THEN, "sh", *line]
        recorded = recorder.record(command, TRACE, truth=truth)
        counts = bpftrace.counts()
    manifest = json.loads((TRACE / "manifest.json").read_text())
    answer = {"bpftrace": counts, "manifest": manifest, "state": recorded.state}
    (share / "counts.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
