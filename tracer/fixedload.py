"""A process that always makes the same calls, for instruments to be compared by.

Standard library only. It is a fresh process each time: a forked one would make as many calls
for memory as its parent's heap makes it. It loads all it needs before it is released.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROUNDS: Final = 23
FDS: Final = 7
SLEEPS: Final = 3
_ASLEEP_S: Final = 0.3
"""How long the waiter is left asleep; emulation is slow."""
_COMMAND: Final = ("/usr/bin/python3", "-S", "-B", str(Path(__file__).resolve()))


def run(prepare: Callable[[int], object]) -> None:
    """Start the process, wait until it sleeps, call ``prepare(pid)``, let it run to its end.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    with subprocess.Popen(
        _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONHASHSEED": "0"}
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdout.readline()
            _wait_until_asleep(process.pid)
            prepare(process.pid)
            process.stdin.write(b"g")
            process.stdin.close()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, _COMMAND)


def _wait_until_asleep(pid: int) -> None:
    stat = Path(f"/proc/{pid}/stat")
    seen = 0
    while seen < 2:
        state = stat.read_text().rpartition(")")[2].split()[0]
        seen = seen + 1 if state == "S" else 0
        time.sleep(0.01)


def _calls(pairs: list[tuple[socket.socket, socket.socket]], others: list[int]) -> None:
    """Ready fds by every model and fd kind, then calls that sleep until a child writes."""
    readers = [reader for reader, _ in pairs]
    reader, writer = pairs[-1]
    poll, epoll, looks = select.poll(), select.epoll(), select.poll()
    for each in readers:
        poll.register(each, select.POLLIN)
        epoll.register(each, select.EPOLLIN)
    for fd in (*others, epoll.fileno()):
        looks.register(fd, select.POLLIN)
    for _ in range(ROUNDS):
        writer.send(b"x")
        select.select(readers, [], [])
        poll.poll()
        looks.poll()
        epoll.poll()
        reader.recv(1)
    epoll.register(others[-1], select.EPOLLIN | select.EPOLLEXCLUSIVE)
    epoll.unregister(others[-1])

    for wait in (poll.poll, epoll.poll, lambda: select.select(readers, [], []), lambda: None):
        _asleep(wait, lambda: reader.recv(1), lambda: writer.send(b"x"))
    _asleep_in_reads()


def _asleep_in_reads() -> None:
    """Datagrams, pipes and eventfds have wait queues of their own kinds."""
    near, far = socket.socketpair(type=socket.SOCK_DGRAM)
    end, start = os.pipe()
    counter = os.eventfd(0)
    _asleep(lambda: None, lambda: near.recv(1), lambda: far.send(b"x"))
    _asleep(lambda: None, lambda: os.read(end, 1), lambda: os.write(start, b"x"))
    _asleep(lambda: None, lambda: os.read(counter, 8), lambda: os.eventfd_write(counter, 1))


def _asleep(
    wait: Callable[[], object], take: Callable[[], object], give: Callable[[], object]
) -> None:
    pid = os.fork()
    if pid == 0:
        for _ in range(SLEEPS):
            time.sleep(_ASLEEP_S)
            give()
        os._exit(0)
    for _ in range(SLEEPS):
        wait()
        take()
    os.waitpid(pid, 0)


def _ready() -> list[int]:
    """A pipe, an eventfd and a TCP connection with something to read."""
    end, start = os.pipe()
    os.write(start, b"x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
    client.send(b"x")
    client.detach()
    return [end, os.eventfd(1), peer.detach()]


def main() -> None:
    """Make the fds, wait at standard input, make the calls."""
    pairs = [socket.socketpair() for _ in range(FDS)]
    others = _ready()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if os.read(0, 1):
        _calls(pairs, others)
    os._exit(0)


if __name__ == "__main__":
    main()
