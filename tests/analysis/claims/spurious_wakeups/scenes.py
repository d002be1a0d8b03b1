"""Hand-made phases of calls with spurious wakeups."""

from __future__ import annotations

from tests.analysis.handmade import EPOLL_CTL_ADD, WAITER, WAKER, Maker
from tests.analysis.tasks import CALLBACK, POLLWAKE, SLEEPER, Task

NOISE, END = 4, 6
ENTRIES = {NOISE: 0xA00, END: 0xB00}
OWN = 0xC00
EPFD = 3


def spurious(
    maker: Maker,
    family: str,
    *,
    spurious: int = 3,
    passes: bool = True,
    sleeps_again: bool = True,
    rounds: int = 2,
) -> None:
    """Calls of ``family`` with ``spurious`` callbacks for what they do not watch.

    ``passes``: they wake the waiter; ``sleeps_again``: which then sleeps in a further call.
    """
    model = {"epoll_wait": "epoll"}.get(family, family)
    maker.phase(f"{model}-spurious", fds=(NOISE, END), active=(END,), rounds=rounds,
                spurious=spurious, waker="while-asleep",
                fd_kind="unix" if passes else "eventfd")  # fmt: skip
    waiter, waker = Task(maker, WAITER), Task(maker, WAKER)
    watch = family == "epoll_wait"
    if watch:
        _add(waiter)
    for _ in range(rounds):
        waiter.enter()
        for fd, entry in () if watch else ENTRIES.items():
            waiter.fd_poll(fd)
            waiter.insert(entry, fd)
        waiter.sleep()
        for _ in range(spurious):
            _write(waker, waiter, NOISE, wakes=passes, by_epoll=watch)
            if passes and sleeps_again:
                waiter.get_up()
                for fd in (NOISE,) if watch else ENTRIES:
                    waiter.fd_poll(fd)
                waiter.sleep()
        _write(waker, waiter, END, wakes=True, by_epoll=watch)
        waiter.get_up()
        for fd in (END,) if watch else ENTRIES:
            waiter.fd_poll(fd)
        for entry in () if watch else ENTRIES.values():
            waiter.drop(entry)
        waiter.leave(family, 1, **({"fd": EPFD} if watch else {"nr": len(ENTRIES)}))
    for entry in ENTRIES.values() if watch else ():
        waiter.drop(entry)


def _add(waiter: Task) -> None:
    for fd, entry in ENTRIES.items():
        waiter.enter()
        waiter.fd_poll(fd)
        waiter.insert(entry, fd)
        waiter.leave("epoll_ctl", 0, op=EPOLL_CTL_ADD, fd=EPFD, target=fd)


def _write(waker: Task, waiter: Task, fd: int, *, wakes: bool, by_epoll: bool) -> None:
    waker.enter()
    waker.call_back(CALLBACK if by_epoll else POLLWAKE, ENTRIES[fd], waiter, fd)
    if wakes and by_epoll:
        waker.call_back(SLEEPER, OWN, waiter)
    if wakes:
        waker.wake(waiter)
    waker.leave("write", 1, fd=fd + 1)
