"""Small programs of which each has one fault of an event loop, or has been mended.

``python3 faults.py NAME [mended]``; the names are those of the rules (analysis.findings). Standard
library only: guests run it.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

ROUNDS = 60
EPOLLIN = select.EPOLLIN
EXCLUSIVE = getattr(select, "EPOLLEXCLUSIVE", 1 << 28)


@contextlib.contextmanager
def writing(fd: int, count: int, each_s: float, many: int = 1) -> Iterator[None]:
    """Have a child write ``many`` bytes to ``fd`` ``count`` times."""
    pid = os.fork()
    if pid == 0:
        for _ in range(count):
            time.sleep(each_s)
            os.write(fd, b"x" * many)
        os._exit(0)
    yield
    os.waitpid(pid, 0)


def busy_poll(mended: bool) -> None:
    """Ask a pipe again and again whether there is something; or wait for it."""
    reader, writer = os.pipe()
    waiter = select.poll()
    waiter.register(reader, select.POLLIN)
    with writing(writer, ROUNDS, 0.001):
        left = ROUNDS
        while left:
            if waiter.poll(None if mended else 0):
                left -= len(os.read(reader, 1))


def full_batches(mended: bool) -> None:
    """Have 50 pipes that are ready at a time, and fetch one event or all that there are."""
    pipes = [os.pipe() for _ in range(50)]
    epoll = select.epoll()
    for reader, _ in pipes:
        epoll.register(reader, EPOLLIN)
    for _ in range(10):
        for _, writer in pipes:
            os.write(writer, b"x")
        left = len(pipes)
        while left:
            for fd, _ in epoll.poll(maxevents=64 if mended else 1):
                left -= len(os.read(fd, 1))


def epoll_readded(mended: bool) -> None:
    """Turn to writing by removing and adding; or by a change."""
    ours, _ = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for number in range(ROUNDS):
        events = EPOLLIN if number % 2 else select.EPOLLOUT
        if mended:
            epoll.modify(ours, events)
        else:
            epoll.unregister(ours)
            epoll.register(ours, events)
        epoll.poll(0.001)


def epoll_same_events(mended: bool) -> None:
    """Say before each wait what is asked for; or once."""
    ours, theirs = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        if not mended:
            epoll.modify(ours, EPOLLIN)
        theirs.send(b"x")
        epoll.poll()
        ours.recv(100)


def epoll_ctl_fails(mended: bool) -> None:
    """Add what is in already; or remember it."""
    reader, _ = os.pipe()
    epoll = select.epoll()
    known: set[int] = set()
    for _ in range(ROUNDS):
        if mended and reader in known:
            continue
        with contextlib.suppress(FileExistsError):
            epoll.register(reader, EPOLLIN)
        known.add(reader)


def empty_reads(mended: bool) -> None:
    """Read until there is nothing; or until a read gets less than it asked for."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN | select.EPOLLET)
    for _ in range(ROUNDS):
        theirs.send(b"request")
        epoll.poll()
        with contextlib.suppress(BlockingIOError):
            while len(ours.recv(1000)) == 1000 or not mended:
                pass


def held_up(mended: bool) -> None:
    """Write a file and wait until the disk has it, between events; or in a thread."""
    reader, writer = os.pipe()
    epoll = select.epoll()
    epoll.register(reader, EPOLLIN)
    threads = []
    with tempfile.TemporaryFile() as file, writing(writer, ROUNDS, 0.002):
        for number in range(ROUNDS):
            epoll.poll()
            os.read(reader, 1)
            if number % 6 == 0:
                if mended:
                    threads.append(threading.Thread(target=keep, args=(file.fileno(),)))
                    threads[-1].start()
                else:
                    keep(file.fileno())
        for thread in threads:
            thread.join()


def keep(fd: int) -> None:
    """Write, wait as long as a slow disk would take, and then for the disk that there is."""
    os.pwrite(fd, b"x" * 4096, 0)
    time.sleep(0.02)
    os.fsync(fd)


def blocking_call(mended: bool) -> None:
    """Read twice for each event from a pipe that blocks; or from one that does not."""
    reader, writer = os.pipe()
    os.set_blocking(reader, not mended)
    epoll = select.epoll()
    epoll.register(reader, EPOLLIN)
    with writing(writer, ROUNDS, 0.003):
        left = ROUNDS
        while left:
            epoll.poll()
            for _ in range(min(2, left)):
                with contextlib.suppress(BlockingIOError):
                    left -= len(os.read(reader, 1))


def accept_herd(mended: bool) -> None:
    """Have four workers watch one listener, each by its own epoll; without and with EXCLUSIVE."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        workers = [_fork(lambda: _accept(listener, mended)) for _ in range(4)]
        time.sleep(0.1)
        for _ in range(100):
            with socket.create_connection(listener.getsockname()) as client:
                client.recv(1)
            time.sleep(0.003)
        for pid in workers:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


def _accept(listener: socket.socket, exclusive: bool) -> None:
    epoll = select.epoll()
    epoll.register(listener, EPOLLIN | (EXCLUSIVE if exclusive else 0))
    while True:
        epoll.poll()
        time.sleep(0.0005)  # what a worker does before it comes to this fd
        with contextlib.suppress(BlockingIOError):
            client, _ = listener.accept()
            client.close()


def woken_in_vain(mended: bool) -> None:
    """Have three processes, or one, wait in poll for a pipe that one of them reads."""
    os.sched_setaffinity(0, {0})  # who reads is done before the others look
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    workers = [_fork(lambda: _read(reader)) for _ in range(1 if mended else 3)]
    time.sleep(0.1)
    for _ in range(100):
        os.write(writer, b"x")
        time.sleep(0.003)
    for pid in workers:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def _read(fd: int) -> None:
    waiter = select.poll()
    waiter.register(fd, select.POLLIN)
    while True:
        waiter.poll()
        with contextlib.suppress(BlockingIOError):
            os.read(fd, 1)


def _fork(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def idle_sets(mended: bool) -> None:
    """Watch 200 pipes of which one is busy, with poll; or with epoll."""
    pipes = [os.pipe() for _ in range(200)]
    waiter = select.epoll() if mended else select.poll()
    for reader, _ in pipes:
        waiter.register(reader, EPOLLIN)
    for _ in range(ROUNDS):
        os.write(pipes[7][1], b"x")
        waiter.poll()
        os.read(pipes[7][0], 1)


def shared_instance(mended: bool) -> None:
    """Have two threads wait on one epoll instance; with EPOLLONESHOT an fd is one thread's."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    epoll = select.epoll()
    events = EPOLLIN | (select.EPOLLONESHOT if mended else 0)
    epoll.register(ours, events)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            for fd, _ in epoll.poll(0.02):
                with contextlib.suppress(BlockingIOError):
                    ours.recv(100)
                if mended:
                    epoll.modify(fd, events)

    threads = [threading.Thread(target=serve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(ROUNDS):
        theirs.send(b"x")
        time.sleep(0.003)
    ended.set()
    for thread in threads:
        thread.join()


def unused_fds(mended: bool) -> None:
    """Watch 50 connections that never say a word beside a busy one; or only those that do."""
    pairs = [socket.socketpair() for _ in range(1 if mended else 50)]
    epoll = select.epoll()
    for ours, _ in pairs:
        epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        pairs[0][1].send(b"x")
        epoll.poll()
        pairs[0][0].recv(100)


def left_unread(mended: bool) -> None:
    """Read 10 bytes of messages of 100 for each event; or all of them."""
    ours, theirs = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        theirs.send(b"x" * 100)
        left = 100
        while left:
            epoll.poll()
            left -= len(ours.recv(1000 if mended else 10))


def small_reads(mended: bool) -> None:
    """Read a message of 100 bytes by 10 bytes at a time; or at once."""
    ours, theirs = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(ROUNDS):
        theirs.send(b"x" * 100)
        epoll.poll()
        left = 100
        while left:
            left -= len(ours.recv(1000 if mended else 10))


def accept_storm(mended: bool) -> None:
    """Accept all of 50 connections before the next wait; or one for each wait."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        listener.setblocking(False)
        clients = [socket.create_connection(listener.getsockname()) for _ in range(50)]
        epoll = select.epoll()
        epoll.register(listener, EPOLLIN)
        accepted: list[socket.socket] = []
        while len(accepted) < len(clients):
            epoll.poll()
            with contextlib.suppress(BlockingIOError):
                accepted.append(listener.accept()[0])
                while not mended:
                    accepted.append(listener.accept()[0])


def uneven_threads(mended: bool) -> None:
    """Have two threads take turns on one instance, of which one takes far more than the other."""
    ours, theirs = socket.socketpair()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    turn = threading.Lock()

    def serve(count: int) -> None:
        for _ in range(count):
            with turn:
                theirs.send(b"x")
                epoll.poll()
                ours.recv(1)

    threads = [
        threading.Thread(target=serve, args=(count,))
        for count in ((90, 90) if mended else (170, 10))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def dominant_fd(mended: bool) -> None:
    """Watch 10 connections of which one has most to say; or all the same."""
    pairs = [socket.socketpair() for _ in range(10)]
    epoll = select.epoll()
    for ours, _ in pairs:
        epoll.register(ours, EPOLLIN)
    for number in range(300):
        ours, theirs = pairs[number % 10 if mended or number < 20 else 0]
        theirs.send(b"x")
        epoll.poll()
        ours.recv(100)


def inherited_instance(mended: bool) -> None:
    """Have two children wait on the instance of their parent; or each on its own."""
    epoll = select.epoll()
    for pid in [_fork(lambda: _wait(select.epoll() if mended else epoll)) for _ in range(2)]:
        os.waitpid(pid, 0)


def _wait(epoll: select.epoll) -> None:
    for _ in range(10):
        epoll.poll(0.001)


def events_after_close(mended: bool) -> None:
    """Close a connection of which a copy stays open; with or without taking it out before."""
    ours, theirs = socket.socketpair()
    copy = ours.dup()
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    if mended:
        epoll.unregister(ours)
    ours.close()
    for _ in range(ROUNDS):
        theirs.send(b"x")
        epoll.poll(0.001)
        copy.recv(100)


def late_wakeups(mended: bool) -> None:
    """Answer another process on a CPU that others keep busy, and behind them; or alone."""
    os.sched_setaffinity(0, {0})
    ours, theirs = socket.socketpair()
    busy = [] if mended else [_fork(_spin) for _ in range(4)]
    asking = _fork(lambda: _ask(theirs))
    epoll = select.epoll()
    epoll.register(ours, EPOLLIN)
    for _ in range(6 * ROUNDS):
        epoll.poll()
        ours.send(ours.recv(1))
        until = time.thread_time() + 0.002  # who has used its share waits for the others
        while time.thread_time() < until:
            pass
    for pid in busy:
        os.kill(pid, 9)
    for pid in (asking, *busy):
        os.waitpid(pid, 0)


def _ask(connection: socket.socket) -> None:
    for _ in range(6 * ROUNDS):
        time.sleep(0.01)
        connection.send(b"x")
        connection.recv(1)


def _spin() -> None:
    while True:
        pass


FAULTS: dict[str, Callable[[bool], None]] = {
    fault.__name__.replace("_", "-"): fault
    for fault in (
        busy_poll, full_batches, epoll_readded, epoll_same_events, epoll_ctl_fails, empty_reads,
        held_up, blocking_call, accept_herd, woken_in_vain, idle_sets, shared_instance, unused_fds,
        left_unread, small_reads, accept_storm, uneven_threads, dominant_fd, inherited_instance,
        events_after_close, late_wakeups,
    )
}  # fmt: skip

if __name__ == "__main__":
    FAULTS[sys.argv[1]](sys.argv[2:] == ["mended"])
