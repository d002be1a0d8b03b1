"""A process that always makes the same calls, to compare instruments with.

Standard library only. It is a fresh process each time: how often a forked one asks for memory would
depend on its parent's heap. It loads all it needs before it is released.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tracer.recording.known_calls import QUIET, Asleep, fault_in, page_fault, tcp
from tracer.recording.known_fds import signalfd, timerfd
from tracer.shared import arch
from tracer.shared.libc import LIBC

ROUNDS: Final = 23
FDS: Final = 7
_ELF: Final = "<16sHHIQQQIHHHHHH"
_SEGMENT: Final = "<IIQQQQQQ"
_EXECUTABLE: Final = 2
_LOAD: Final = 1
_READ_AND_RUN: Final = 5
SLEEPS: Final = 3
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


def _wait_until_asleep(*pids: int) -> None:
    seen = 0
    while seen < 2:
        seen = seen + 1 if {_state(pid) for pid in pids} == {"S"} else 0
        time.sleep(0.01)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class _Files(NamedTuple):
    """What is read; of two ends, the second makes the first readable."""

    pairs: list[tuple[socket.socket, socket.socket]]
    ready: list[int]
    """A pipe, an eventfd and a TCP connection with something to read."""
    datagrams: tuple[socket.socket, socket.socket]
    pipe: tuple[int, int]
    eventfd: int
    tcp: Asleep
    signalfd: int
    timerfd: int
    """It never expires: its reader waits for a signal."""
    file: int
    """On a disk: opening and closing it may have to wait for the file system."""
    program: int
    """Ends at once; in memory, so that no file system is involved in its exec."""


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
        tcp=tcp(),
        signalfd=signalfd(signal.SIGUSR2),
        timerfd=timerfd(),
        file=os.open(sys.executable, os.O_RDONLY),
        program=_program(),
    )


def _program() -> int:
    """Return an fd of the smallest program, which ends at once."""
    base, code = 0x400000, arch.here().exits
    head = struct.calcsize(_ELF) + struct.calcsize(_SEGMENT)
    size = head + len(code)
    elf = struct.pack(
        _ELF, b"\x7fELF\x02\x01\x01", _EXECUTABLE, arch.here().elf_machine, 1, base + head,
        64, 0, 0, 64, 56, 1, 0, 0, 0,
    )  # fmt: skip
    segment = struct.pack(_SEGMENT, _LOAD, _READ_AND_RUN, 0, base, base, size, size, 4096)
    fd = os.memfd_create("exits")
    os.write(fd, elf + segment + code)
    return fd


def _gives(files: _Files) -> Mapping[bytes, Callable[[], object]]:
    """How to make each kind of file readable."""
    return {
        b"s": lambda: files.pairs[-1][1].send(b"x"),
        b"d": lambda: files.datagrams[1].send(b"x"),
        b"p": lambda: os.write(files.pipe[1], b"x"),
        b"e": lambda: os.eventfd_write(files.eventfd, 1),
        b"t": files.tcp.give,
        b"g": lambda: os.kill(os.getppid(), signal.SIGUSR2),
        b"i": lambda: os.kill(os.getppid(), signal.SIGUSR1),
    }


def _start_watcher() -> tuple[int, int]:
    """Fork a watcher that passes on requests once this process and its child are asleep.

    However long they take to fall asleep, they are woken only then, so they always make the same
    calls. The watcher polls as often as it must; it is older than the tracing, so its own calls are
    in no count. It outlives them, and keeps the program's files open: whoever closes one last may
    have to wait for the file system, more or less often (9p in 6.1: net/9p/client.c
    p9_client_clunk()). Returns the fd for requests, and the fd on which the child gets them.
    """
    asked, request_fd = os.pipe()
    read_fd, tell = os.pipe()
    waiter = os.getpid()
    if os.fork() == 0:
        os.close(request_fd)
        with suppress(OSError):  # they ended
            writer_pid = int.from_bytes(os.read(asked, 4))
            while kind := os.read(asked, 1):
                _wait_until_asleep(waiter, writer_pid)
                os.write(tell, kind)
            _wait_until_asleep(waiter, writer_pid)
            os.close(tell)
            while _state(waiter) != "Z":  # or it is gone: OSError
                time.sleep(0.01)
        os._exit(0)
    os.close(asked)
    os.close(tell)
    return request_fd, read_fd


def _start_writer(files: _Files, request_fd: int, read_fd: int) -> int:
    """Fork a child that makes files readable on request, and return its pid."""
    pid = os.fork()
    if pid == 0:
        os.close(request_fd)
        gives = _gives(files)
        while kind := os.read(read_fd, 1):
            gives[kind]()
        os._exit(0)
    os.write(request_fd, pid.to_bytes(4))
    return pid


def _calls(files: _Files, request_fd: int, read_fd: int) -> None:
    """Poll ready fds by every model, make every known call, then calls that a child wakes."""
    readers = [reader for reader, _ in files.pairs]
    reader, writer = files.pairs[-1]
    poll, epoll, fd_polls = select.poll(), select.epoll(), select.poll()
    for each in readers:
        poll.register(each, select.POLLIN)
        epoll.register(each, select.EPOLLIN)
    for fd in (*files.ready, epoll.fileno()):
        fd_polls.register(fd, select.POLLIN)
    for _ in range(ROUNDS):
        writer.send(b"x")
        select.select(readers, [], [])
        poll.poll()
        fd_polls.poll()
        epoll.poll()
        reader.recv(1)
    epoll.register(files.ready[-1], select.EPOLLIN | select.EPOLLEXCLUSIVE)
    epoll.unregister(files.ready[-1])

    for call in QUIET.values():
        _by_a_child(partial(fault_in, files.file) if call is page_fault else call)
    _by_a_child(lambda: os.execve(files.program, ["exits"], {}))  # noqa: S606 -- of our own

    writer_pid = _start_writer(files, request_fd, read_fd)
    for wait in (poll.poll, epoll.poll, lambda: select.select(readers, [], []), lambda: None):
        _asleep(request_fd, b"s", wait, lambda: reader.recv(1))
    _asleep(request_fd, b"d", lambda: None, lambda: files.datagrams[0].recv(1))
    _asleep(request_fd, b"p", lambda: None, lambda: os.read(files.pipe[0], 1))
    _asleep(request_fd, b"e", lambda: None, lambda: os.read(files.eventfd, 8))
    _asleep(request_fd, b"t", lambda: None, files.tcp.take)
    _asleep(request_fd, b"g", lambda: None, lambda: os.read(files.signalfd, 128))
    value = ctypes.create_string_buffer(8)
    _asleep(request_fd, b"i", lambda: None, lambda: LIBC.read(files.timerfd, value, 8))
    os.close(request_fd)
    os.waitpid(writer_pid, 0)


def _by_a_child(call: Callable[[], None]) -> None:
    """Make a known call in a child that ends at once.

    An io_uring instance is torn down asynchronously, which interrupts its creator in whatever call
    it is in then (restart_syscall): so its creator must make no more calls.
    """
    pid = os.fork()
    if pid == 0:
        with suppress(OSError):  # the kernel lacks it, whichever instrument counts
            call()
        os._exit(0)
    os.waitpid(pid, 0)


def _asleep(
    request_fd: int, kind: bytes, wait: Callable[[], object], take: Callable[[], object]
) -> None:
    for _ in range(SLEEPS):
        os.write(request_fd, kind)
        wait()
        take()


def main() -> None:
    """Open the files, wait at standard input, make the calls."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
    files = _open()
    request_fd, read_fd = _start_watcher()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if os.read(0, 1):
        _calls(files, request_fd, read_fd)
    os._exit(0)


if __name__ == "__main__":
    main()
