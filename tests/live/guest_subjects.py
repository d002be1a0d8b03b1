"""Records programs in a guest, one after the other under one attachment per detail.

``python3 -S -E guest_subjects.py SHARE``: SHARE/jobs.json has name → command. For each it leaves
``SHARE/DETAIL-NAME.trace`` and its output, ``SHARE/DETAIL-NAME.out``. Standard library only.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tracer.recording.recorder import Recorder

LOCAL = Path("/tmp")  # noqa: S108 -- the guest's own tmpfs
DROP_CACHES = Path("/proc/sys/vm/drop_caches")


def main(share: Path) -> None:
    """Record each program at each detail, and copy the results."""
    jobs = json.loads((share / "jobs.json").read_text())
    for detail in ("steps", "calls"):
        with Recorder(detail, where="lab") as recorder:
            for name, command in jobs.items():
                print(f"recording {name} at {detail}", flush=True)
                _record(recorder, f"{detail}-{name}", command, share)


def _record(recorder: Recorder, name: str, command: list[str], share: Path) -> None:
    trace, out = LOCAL / f"{name}.trace", LOCAL / f"{name}.out"
    DROP_CACHES.write_text("3")  # a fault in a file's page must wait for it, each time
    shell = ["/bin/sh", "-c", 'out=$1; shift; exec "$@" > "$out"', "sh", str(out), *command]
    recorder.record(shell, trace)
    shutil.copytree(trace, share / trace.name)
    shutil.copyfile(out, share / out.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
