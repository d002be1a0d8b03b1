"""Records io_uring polls in a guest in which io_uring is disabled.

``python3 -S -E guest_refused.py SHARE`` leaves ``SHARE/refused.trace``. Standard library only.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tracer.recording.recorder import Recorder
from tracer.workloads import spec

SWITCH = Path("/proc/sys/kernel/io_uring_disabled")
TRACE = Path("/tmp/refused.trace")  # noqa: S108 -- the guest's own tmpfs
PHASES = [{"model": "io-uring", "shot": shot, "name": shot} for shot in ("oneshot", "multishot")]


def main(share: Path) -> None:
    """Disable io_uring for everyone, then record."""
    SWITCH.write_text("2")
    truth = TRACE.with_suffix(".truth")
    with Recorder("steps", where="lab") as recorder:
        recorder.record(spec.command(spec.parse(PHASES), truth), TRACE, truth=truth)
    shutil.copytree(TRACE, share / TRACE.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
