"""A server with thousands of fds registered before tracer attached, and /proc/kcore.

``python3 -S -E guest_items.py SHARE`` attaches to the server, writes to some of the fds, leaves the
trace as ``SHARE/items.trace`` and what the kernel's memory contained meanwhile in
``SHARE/kcore.json``. Standard library only.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.live.items import EVENTS, FDS, WRITTEN, WRITTEN_UNSEEN, data_of
from tests.live.kcore import Kernel
from tests.live.running import records
from tracer.recording.recorder import Recorder
from tracer.recording.watched import Watched, checked
from tracer.shared.syscalls import EPOLL_CTL_ADD

TRACE = Path("/tmp/items.trace")  # noqa: S108 -- the guest's own tmpfs
_LOOK_S = 0.1
_DEADLINE_S = 900


def serve(epoll: select.epoll, waits: int, go: int) -> None:
    """Wait and take events; when ``waits`` is readable, wait for ``go`` instead, without epoll."""
    while True:
        for fd, _ in epoll.poll():
            os.eventfd_read(fd)
            if fd == waits:
                os.read(go, 1)


def register(epoll: select.epoll, fd: int) -> None:
    """Let ``epoll`` watch ``fd`` with data of its own; Python's epoll allows only the fd."""
    event = EVENTS.to_bytes(4, "little") + data_of(fd).to_bytes(8, "little")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.epoll_ctl(epoll.fileno(), EPOLL_CTL_ADD, fd, event):
        raise OSError(ctypes.get_errno(), "epoll_ctl")


def until_asleep(pid: int) -> None:
    """Return once a process has been seen asleep twice."""
    seen = 0
    while seen < 2:
        time.sleep(_LOOK_S)
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        seen = seen + 1 if stat == "S" else 0


def drive(server: int, fds: list[int], epfd: int, go: int) -> dict[str, Any]:
    """Write to fds while the server waits, and while it does not; return what memory contained."""
    kernel = Kernel()
    until_asleep(server)
    asleep, items = kernel.instance(server, epfd), kernel.items(server, epfd)
    print("read", len(items), "items", flush=True)
    for fd in fds[1 : 1 + WRITTEN]:
        os.eventfd_write(fd, 1)
        until_asleep(server)
    os.eventfd_write(fds[0], 1)
    until_asleep(server)
    for fd in fds[-WRITTEN_UNSEEN:]:
        os.eventfd_write(fd, 1)
    away = kernel.instance(server, epfd)
    os.write(go, b"g")
    until_asleep(server)
    facts = {"server": server, "epfd": epfd, "fds": fds, "items": items}
    return {**facts, "asleep": asleep._asdict(), "away": away._asdict()}


def main(share: Path) -> None:
    """Start the server, attach, drive it, end it."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * FDS, 2 * FDS))
    fds = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(FDS)]
    waiting, go = os.pipe()
    epoll = select.epoll()
    for fd in fds:
        register(epoll, fd)
    server = os.fork()
    if not server:
        serve(epoll, fds[0], waiting)
    epfd = epoll.fileno()
    with Recorder("steps", where="lab") as recorder:
        driver = os.fork()
        if not driver:
            while not records(TRACE):
                time.sleep(_LOOK_S)
            answer = drive(server, fds, epfd, go)
            (share / "kcore.json").write_text(json.dumps(answer))
            os.kill(server, signal.SIGKILL)
            os._exit(0)
        began = time.monotonic()
        recorder.attach(checked(Watched("pid", (str(server),))), TRACE, deadline_s=_DEADLINE_S)
        print("recorded for", time.monotonic() - began, "s", file=sys.stderr)
    shutil.copytree(TRACE, share / TRACE.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
