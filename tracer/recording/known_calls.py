"""Calls that are known to reach certain kernel functions. Standard library only.

Each raises OSError if the kernel lacks or refuses what it uses: then no program can use it either,
and a count of zero is true.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tracer.recording.known_fds import OPENERS, poll_file, poll_once, signalfd, timerfd
from tracer.shared.catalogue import hooks
from tracer.shared.iocb import poll_of
from tracer.shared.rawcalls import syscall
from tracer.shared.uring_ring import Params, Ring, setup

_TIMERS_NS: Final = tuple(500_000 << shift for shift in range(0, 11, 2))
"""Timers' durations, tried in turn: the first that does not expire before its waiter sleeps will
do.
"""


def ready() -> None:
    """One select, poll, epoll_ctl and epoll_wait, each with one ready fd."""
    reader, writer = os.pipe()
    os.write(writer, b"x")
    select.select([reader], [], [], 0)
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.poll(0)
    with select.epoll() as epoll:
        epoll.register(reader, select.EPOLLIN)
        epoll.poll(0)
    os.close(reader)
    os.close(writer)


def exclusive() -> None:
    """An exclusive epoll entry (EPOLLEXCLUSIVE)."""
    fd = os.eventfd(0)
    with select.epoll() as epoll:
        epoll.register(fd, select.EPOLLIN | select.EPOLLEXCLUSIVE)
        epoll.unregister(fd)
    os.close(fd)


def callback() -> None:
    """A write to a file that epoll watches, then one to a file that nobody watches."""
    fd = os.eventfd(0)
    with select.epoll() as epoll:
        epoll.register(fd, select.EPOLLIN)
        os.eventfd_write(fd, 1)
        epoll.unregister(fd)
    os.close(fd)


def _slept(wait: Callable[[], object]) -> bool:
    """Tell whether this thread left the CPU in ``wait``."""
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    wait()
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw > before


def timed_poll(after_ns: int) -> bool:
    """A poll that sleeps until a timerfd wakes it."""
    fd = timerfd(after_ns)
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    slept = _slept(poll.poll)
    os.close(fd)
    return slept


def timed_epoll(after_ns: int) -> bool:
    """An epoll_wait that sleeps until a timerfd wakes it."""
    fd = timerfd(after_ns)
    with select.epoll() as epoll:
        epoll.register(fd, select.EPOLLIN)
        slept = _slept(epoll.poll)
    os.close(fd)
    return slept


def timed_read(after_ns: int) -> bool:
    """A read of a timerfd that sleeps until it expires (6.1: fs/timerfd.c)."""
    fd = timerfd(after_ns)
    slept = _slept(partial(os.read, fd, 8))
    os.close(fd)
    return slept


def signal_read(after_ns: int) -> bool:
    """A read of a signalfd that sleeps until a timer sends the signal."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    fd = signalfd(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, after_ns / 1e9)
    slept = _slept(partial(os.read, fd, 128))
    os.close(fd)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return slept


def handled_signal() -> None:
    """A signal delivered to a handler."""
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


def signal_driven() -> None:
    """A pipe whose owner gets a signal when it can be read (O_ASYNC)."""
    before = signal.signal(signal.SIGIO, lambda _number, _frame: None)
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writer, b"x")
    os.close(reader)
    os.close(writer)
    signal.signal(signal.SIGIO, before)


def page_fault() -> None:
    """A read into memory that is first faulted in from a file (6.1: mm/memory.c do_cow_fault())."""
    with Path(sys.executable).open("rb") as file:
        fault_in(file.fileno())


def fault_in(file: int) -> None:
    """Do as `page_fault` with an open file; a tmpfs has shmem_fault() (6.1: mm/shmem.c)."""
    reader, writer = os.pipe()
    os.write(writer, b"x")
    mapped = mmap.mmap(file, mmap.PAGESIZE, access=mmap.ACCESS_COPY)
    os.readv(reader, [memoryview(mapped)[:1]])
    os.close(reader)
    os.close(writer)


def _given(ret: int) -> int:
    if ret < 0:
        raise OSError(-ret, os.strerror(-ret))
    return ret


def aio_poll() -> None:
    """A poll by AIO whose event occurs."""
    context, fd = ctypes.c_uint64(0), os.eventfd(0)
    iocb = poll_of(fd)
    _given(syscall("io_setup", 1, ctypes.addressof(context)))
    pointers = (ctypes.c_uint64 * 1)(ctypes.addressof(iocb))
    _given(syscall("io_submit", context.value, 1, ctypes.addressof(pointers)))
    os.eventfd_write(fd, 1)
    syscall("io_destroy", context.value)
    os.close(fd)


def _ring() -> Ring:
    params = Params()
    return Ring(_given(setup(1, params)), params)


def uring_poll() -> None:
    """A poll by io_uring whose event occurs."""
    ring, fd = _ring(), os.eventfd(0)
    ring.push_poll(fd, select.POLLIN, multishot=False)
    _given(ring.submit(1))
    os.eventfd_write(fd, 1)
    ring.unmap()
    os.close(ring.fd)
    os.close(fd)


def uring_recv() -> None:
    """A RECV by io_uring on a socket that is empty at first, and then is not."""
    ring, buffer = _ring(), ctypes.create_string_buffer(8)
    here, there = socket.socketpair()
    with here, there:
        ring.push_recv(here.fileno(), ctypes.addressof(buffer), len(buffer))
        _given(ring.submit(1))
        there.send(b"x")
        _given(ring.wait())
    ring.unmap()
    os.close(ring.fd)


def fork() -> None:
    """A child that ends at once."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


_POLL: Final = "poll:"
_KNOWN: Final = [hook.known for hook in hooks()]
_POLLED: Final = [name.removeprefix(_POLL) for name in _KNOWN if name.startswith(_POLL)]
"""Files that the catalogue names: polling one needs no code here."""

QUIET: Final[Mapping[str, Callable[[], None]]] = {
    "ready": ready,
    **{f"poll-{kind}": partial(poll_once, kind) for kind in OPENERS},
    **{f"{_POLL}{path}": partial(poll_file, path) for path in _POLLED},
    "exclusive": exclusive,
    "callback": callback,
    "handled-signal": handled_signal,
    "signal-driven": signal_driven,
    "page-fault": page_fault,
    "aio-poll": aio_poll,
    "uring-poll": uring_poll,
    "uring-recv": uring_recv,
    "fork": fork,
}
"""Calls that wait for nothing: always the same, in the same order."""

TIMED: Final[Mapping[str, Callable[[int], bool]]] = {
    "timed-poll": timed_poll,
    "timed-epoll": timed_epoll,
    "timed-read": timed_read,
    "signal-read": signal_read,
}
"""Calls that a timer wakes after the given ns; they return whether they slept."""


def until_it_sleeps(call: Callable[[int], bool]) -> None:
    """Make ``call`` with longer and longer timers, until it has slept.

    The first time faults in the program's own pages: waiting for those is a sleep as well.

    Raises:
        TimeoutError: every timer expired before the call slept.
    """
    call(1)
    for after_ns in _TIMERS_NS:
        if call(after_ns):
            return
    raise TimeoutError(f"no sleep in {_TIMERS_NS[-1]} ns")


class Asleep(NamedTuple):
    """A call that sleeps until another process provides what it waits for."""

    take: Callable[[], object]
    give: Callable[[], object]


def _on(here: int, there: int) -> Asleep:
    return Asleep(partial(os.read, here, 1), partial(os.write, there, b"x"))


def tcp() -> Asleep:
    """A read of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = socket.create_connection(server.getsockname())
        here, _ = server.accept()
    return _on(here.detach(), there.detach())


def stream() -> Asleep:
    """A read of a unix stream socket."""
    here, there = socket.socketpair()
    return _on(here.detach(), there.detach())


def datagrams() -> Asleep:
    """A read of a unix datagram socket."""
    here, there = socket.socketpair(type=socket.SOCK_DGRAM)
    return _on(here.detach(), there.detach())


def pipe() -> Asleep:
    """A read of a pipe."""
    return _on(*os.pipe())


WOKEN: Final[Mapping[str, Callable[[], Asleep]]] = {
    "asleep-tcp": tcp,
    "asleep-stream": stream,
    "asleep-datagrams": datagrams,
    "asleep-pipe": pipe,
}
"""Calls that another process wakes."""

NAMES: Final = (*QUIET, *TIMED, *WOKEN)
