"""One wait call over and over, timed by the CPU time of the calling thread.

``python3 -S -E workload.py MODEL FDS ACTIVE ROUNDS RESULT`` writes the CPU ns of each round to the
JSON file RESULT. A round is: make ``ACTIVE`` fds ready (the last ones), one poll or epoll_wait
without a timeout; only that call is timed. Thread CPU time excludes whatever else ran on the CPU,
the recorder for example. Standard library only.
"""

from __future__ import annotations

import gc
import json
import resource
import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

WARM_UP = 3


def _waiter(model: str, readers: list[socket.socket]) -> Callable[[], object]:
    if model == "poll":
        poll = select.poll()
        for reader in readers:
            poll.register(reader, select.POLLIN)
        return poll.poll
    epoll = select.epoll()
    for reader in readers:
        epoll.register(reader, select.EPOLLIN)
    return lambda: epoll.poll(None, len(readers))


def main(model: str, fds: int, active: int, rounds: int, result: Path) -> None:
    """Run the rounds and write their times."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * fds + 50, 2 * fds + 50))
    pairs = [socket.socketpair() for _ in range(fds)]
    wait = _waiter(model, [reader for reader, _ in pairs])
    ready = pairs[-active:]
    times_ns = []
    gc.disable()
    for _ in range(WARM_UP + rounds):
        for _, writer in ready:
            writer.send(b"x")
        began = time.thread_time_ns()
        wait()
        times_ns.append(time.thread_time_ns() - began)
        for reader, _ in ready:
            reader.recv(1)
    result.write_text(json.dumps(times_ns[WARM_UP:]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
