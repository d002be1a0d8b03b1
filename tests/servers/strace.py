"""strace on running processes: the calls of each thread, in order."""

from __future__ import annotations

import errno
import re
import signal
import subprocess
from collections.abc import Collection
from pathlib import Path

from tests.waiting import PATIENCE_S, wait_for
from tracer.shared.syscalls import BY_NAME

Calls = list[tuple[str, int]]
"""Name and result (-errno if it failed) of each call, in order."""

LINE = re.compile(r"(\w+)\(.*\) += (0x[0-9a-f]+|-?\d+)(?: (E[A-Z0-9]+))?")


class Strace:
    """An strace that is attached to processes; it writes a file per thread."""

    def __init__(self, where: Path, pids: Collection[int]) -> None:
        """Attach to all threads of ``pids``, and to what they start."""
        where.mkdir()
        self._where = where
        asked = [word for pid in pids for word in ("-p", str(pid))]
        names = ",".join(BY_NAME)
        log = (where / "log").open("w")
        self._process = subprocess.Popen(
            ["strace", "-ff", "-o", where / "calls", "-e", f"trace=?{names.replace(',', ',?')}",
             *asked],
            stderr=log,
        )  # fmt: skip
        log.close()
        wait_for(lambda: (where / "log").read_text().count(" attached") >= len(pids))

    def end(self) -> None:
        """Detach."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE_S)

    def calls(self, tid: int) -> Calls:
        """Return the calls of a thread."""
        text = (self._where / f"calls.{tid}").read_text()
        return [_call(*match.groups()) for line in text.splitlines() if (match := LINE.match(line))]


def _call(name: str, ret: str, failed: str | None) -> tuple[str, int]:
    return name, -getattr(errno, failed) if failed else int(ret, 0)


def stands_in(part: Calls, whole: Calls) -> bool:
    """Return whether ``part`` is a contiguous part of ``whole``."""
    last = len(whole) - len(part)
    return any(whole[at : at + len(part)] == part for at in range(last + 1))
