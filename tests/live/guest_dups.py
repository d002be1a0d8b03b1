"""fds that share a file, in an epoll instance and in one nested in it: which is polled?

``python3 -S -E guest_dups.py SHARE`` records that, leaves the trace as ``SHARE/dups.trace`` and the
results of epoll_wait in ``SHARE/given.json``. Standard library only.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tracer.recording.recorder import Recorder

TRACE = Path("/tmp/dups.trace")  # noqa: S108 -- the guest's own tmpfs
GIVEN = Path("/tmp/given.json")  # noqa: S108
DUPS = 4
"""fds of each of two files."""


def serve() -> None:
    """Let epoll_wait return all fds, then each alone; first through an outer instance.

    Edge-triggered, so that the ready list has only those that a MOD put there.
    """
    files = [os.eventfd(1, os.EFD_NONBLOCK) for _ in range(2)]
    fds = [os.dup(file) for _ in range(DUPS) for file in files]
    inner, outer = select.epoll(), select.epoll()
    for fd in fds:
        inner.register(fd, select.EPOLLET)
    outer.register(inner, select.EPOLLIN)
    given = []
    for wanted in (fds, *([fd] for fd in reversed(fds)), fds[1::2]):
        for fd in fds:
            inner.modify(fd, select.EPOLLET | (select.EPOLLIN if fd in wanted else 0))
        assert [fd for fd, _ in outer.poll(0)] == [inner.fileno()]
        given.append([fd for fd, _ in inner.poll(0)])
    GIVEN.write_text(json.dumps({"given": given, "fds": fds, "inner": inner.fileno()}))


def main(share: Path) -> None:
    """Record it."""
    command = [sys.executable, "-S", "-E", "-B", __file__, "serve"]
    with Recorder("steps", where="lab") as recorder:
        recorded = recorder.record(command, TRACE)
    assert recorded.exit_status == 0
    shutil.copytree(TRACE, share / TRACE.name)
    shutil.copy(GIVEN, share)


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else main(Path(sys.argv[1]))
