"""Common parts of the programs."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Callable, Iterator

ROUNDS = 60
EPOLLIN = select.EPOLLIN
EXCLUSIVE = getattr(select, "EPOLLEXCLUSIVE", 1 << 28)


@contextlib.contextmanager
def writing(fd: int, count: int, each_s: float, many: int = 1) -> Iterator[None]:
    """Let a child write ``many`` bytes to ``fd`` ``count`` times."""
    pid = os.fork()
    if pid == 0:
        for _ in range(count):
            time.sleep(each_s)
            os.write(fd, b"x" * many)
        os._exit(0)
    yield
    os.waitpid(pid, 0)


def fork(work: Callable[[], None]) -> int:
    """Let a child do ``work``; return its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid
