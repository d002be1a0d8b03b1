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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROUNDS: Final = 23
FDS: Final = 7
SLEEPS: Final = 3
CHILDREN: Final = 3
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


class _Files(NamedTuple):
    """What is read; of two ends, the second makes the first readable."""

    pairs: list[tuple[socket.socket, socket.socket]]
    ready: list[int]
    """A pipe, an eventfd and a TCP connection with something to read."""
    datagrams: tuple[socket.socket, socket.socket]
    pipe: tuple[int, int]
    eventfd: int


def _open() -> _Files:
    end, start = os.pipe()
    os.write(start, b"x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
    client.send(b"x")
    client.detach()
    return _Files(
        pairs=[socket.socketpair() for _ in range(FDS)],
        ready=[end, os.eventfd(1), peer.detach()],
        datagrams=socket.socketpair(type=socket.SOCK_DGRAM),
        pipe=os.pipe(),
        eventfd=os.eventfd(0),
    )


def _gives(files: _Files) -> Mapping[bytes, Callable[[], object]]:
    """How to make each kind of file readable."""
    return {
        b"s": lambda: files.pairs[-1][1].send(b"x"),
        b"d": lambda: files.datagrams[1].send(b"x"),
        b"p": lambda: os.write(files.pipe[1], b"x"),
        b"e": lambda: os.eventfd_write(files.eventfd, 1),
    }


def _start_giver(files: _Files) -> int:
    """Fork who wakes this process once it sleeps, for each kind written to the fd returned.

    However long this process takes to fall asleep, it is woken from there: it always makes the
    same calls. The giver looks as often as it must, and is not traced: it is older.
    """
    asked, ask = os.pipe()
    waiter = os.getpid()
    if os.fork() == 0:
        os.close(ask)
        gives = _gives(files)
        while kind := os.read(asked, 1):
            _wait_until_asleep(waiter)
            gives[kind]()
        os._exit(0)
    os.close(asked)
    return ask


def _calls(files: _Files, ask: int) -> None:
    """Ready fds by every model and fd kind, calls that sleep until woken, children."""
    readers = [reader for reader, _ in files.pairs]
    reader, writer = files.pairs[-1]
    poll, epoll, looks = select.poll(), select.epoll(), select.poll()
    for each in readers:
        poll.register(each, select.POLLIN)
        epoll.register(each, select.EPOLLIN)
    for fd in (*files.ready, epoll.fileno()):
        looks.register(fd, select.POLLIN)
    for _ in range(ROUNDS):
        writer.send(b"x")
        select.select(readers, [], [])
        poll.poll()
        looks.poll()
        epoll.poll()
        reader.recv(1)
    epoll.register(files.ready[-1], select.EPOLLIN | select.EPOLLEXCLUSIVE)
    epoll.unregister(files.ready[-1])

    for wait in (poll.poll, epoll.poll, lambda: select.select(readers, [], []), lambda: None):
        _asleep(ask, b"s", wait, lambda: reader.recv(1))
    _asleep(ask, b"d", lambda: None, lambda: files.datagrams[0].recv(1))
    _asleep(ask, b"p", lambda: None, lambda: os.read(files.pipe[0], 1))
    _asleep(ask, b"e", lambda: None, lambda: os.read(files.eventfd, 8))
    for _ in range(CHILDREN):
        _child(lambda: writer.send(b"x"))
        reader.recv(1)


def _asleep(ask: int, kind: bytes, wait: Callable[[], object], take: Callable[[], object]) -> None:
    for _ in range(SLEEPS):
        os.write(ask, kind)
        wait()
        take()


def _child(call: Callable[[], object]) -> None:
    pid = os.fork()
    if pid == 0:
        call()
        os._exit(0)
    os.waitpid(pid, 0)


def main() -> None:
    """Open the files, wait at standard input, make the calls."""
    files = _open()
    ask = _start_giver(files)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if os.read(0, 1):
        _calls(files, ask)
    os._exit(0)


if __name__ == "__main__":
    main()
