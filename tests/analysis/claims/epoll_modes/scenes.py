"""Hand-made phases of epoll's modes: triggers, ONESHOT, an instance in another."""

from __future__ import annotations

from collections.abc import Sequence

from tests.analysis.handmade import EPOLL_CTL_ADD, WAITER, WAKER, Maker
from tests.analysis.tasks import CALLBACK, SLEEPER, Task
from tracer.shared.records import ListState, StepKind

EPOLL_CTL_MOD = 3
FD, BELL = 4, 6
INNER, OUTER = 20, 21
ENTRIES = {FD: 0xA00, BELL: 0xB00, INNER: 0xC00}
OWN = 0xD00


class _Epoll:
    """A waiter and a waker on one epoll instance, and what each wait returned."""

    def __init__(self, maker: Maker, fds: Sequence[int], epfd: int) -> None:
        self.maker = maker
        self.waiter, self.waker = Task(maker, WAITER), Task(maker, WAKER)
        self.epfd = epfd
        self.returned: list[list[int]] = []
        self.entries = [ENTRIES[fd] for fd in fds]
        for fd in fds:
            self.control(EPOLL_CTL_ADD, fd, adds=True)

    def control(self, op: int, fd: int, *, adds: bool = False, epfd: int | None = None) -> None:
        self.waiter.enter()
        self.waiter.fd_poll(fd)
        if adds:
            self.waiter.insert(ENTRIES[fd], fd)
        self.waiter.leave("epoll_ctl", 0, op=op, fd=epfd or self.epfd, target=fd)

    def sleep(self, *fd_polls: int) -> None:
        """Call epoll_wait, poll ``fd_polls``, and sleep."""
        self.waiter.enter()
        for fd in fd_polls:
            self.waiter.fd_poll(fd)
        self.waiter.sleep()

    def write(self, *called: int, wakes: bool = True, ends: Sequence[int] = ()) -> None:
        """Make the waker write: the callbacks of ``called`` run, and wake the waiter or not.

        ``ends``: those of ``called`` whose end is read before the next begins.
        """
        self.waker.enter()
        for fd in called:
            self.waker.call_back(CALLBACK, ENTRIES[fd], self.waiter, fd)
            if fd in ends:
                self.end_of(fd)
        if wakes:
            self.waker.call_back(SLEEPER, OWN, self.waiter)
            self.waker.wake(self.waiter)
        self.waker.leave("write", 1, fd=9)

    def end_of(self, fd: int) -> None:
        """Read the instance as the callback of ``fd`` ends."""
        self.maker.step(StepKind.INSTANCE, hook="ep_poll_callback_done", entry=ENTRIES[fd], fd=fd,
                        tid=WAKER, value=int(ListState.LISTED))  # fmt: skip

    def returns(self, *fds: int, slept: bool = True, epfd: int | None = None) -> None:
        """End the epoll_wait."""
        if slept:
            self.waiter.get_up()
        for fd in fds:
            self.waiter.fd_poll(fd)
        self.waiter.leave("epoll_wait", len(fds), fd=epfd or self.epfd)
        self.returned.append(list(fds))

    def end(self) -> None:
        """Remove the entries, and write the truth of what was returned."""
        for entry in self.entries:
            self.waiter.drop(entry)
        self.maker.phases[-1]["results"]["ready"] = self.returned


def triggered(
    maker: Maker,
    trigger: str,
    again: Sequence[int],
    *,
    drain: bool = True,
    asleep: bool = True,
    others: int = 0,
) -> None:
    """epoll_waits on one fd; each after the first polls it ``again`` times before it sleeps.

    ``others``: how often the last of them then polls another fd.
    """
    maker.phase("epoll", fds=(FD,), active=(FD,), trigger=trigger, drain=drain,
                waker="while-asleep")  # fmt: skip
    epoll = _Epoll(maker, (FD,), OUTER)
    for number, fd_polls in enumerate((0, *again)):
        if asleep:
            epoll.sleep(*[FD] * fd_polls, *[BELL] * (others if number == len(again) else 0))
            epoll.write(FD)
        else:
            epoll.write(FD)
            epoll.waiter.enter()
        epoll.returns(FD, slept=asleep)
    epoll.end()


def oneshot(
    maker: Maker,
    rounds: int = 2,
    *,
    called: bool = True,
    wakes: Sequence[bool] = (),
    returns_fd: bool = False,
    by_mod: bool = True,
    silent: bool = True,
) -> None:
    """An fd with ONESHOT: its event, data that come after it, a MOD.

    ``called``: that data runs its callback; ``wakes``: which wakes the waiter, by round;
    ``returns_fd``: and returns the fd; ``by_mod``: the wait after the MOD returns it; ``silent``:
    there is such data at all.
    """
    maker.phase("epoll-oneshot", fds=(FD, BELL), active=(BELL,), rounds=rounds,
                results={"oneshot": FD, "bell": BELL}, waker="while-asleep")  # fmt: skip
    epoll = _Epoll(maker, (FD, BELL), OUTER)
    for number in range(rounds):
        epoll.sleep()
        epoll.write(FD)
        epoll.returns(FD)
        epoll.sleep()
        if silent:
            woken = number < len(wakes) and wakes[number]
            epoll.write(*([FD] if called else []), wakes=woken)
        epoll.write(BELL)
        epoll.returns(*([FD] if returns_fd else []), BELL)
        epoll.control(EPOLL_CTL_MOD, FD)
        epoll.waiter.enter()
        epoll.returns(*([FD] if by_mod else []), slept=False)
        epoll.control(EPOLL_CTL_MOD, FD)
    epoll.end()


def nested(
    maker: Maker,
    rounds: int = 3,
    *,
    chained: Sequence[bool] = (),
    wakes: bool = True,
    inside: bool = True,
    asleep: bool = True,
    within: bool | None = None,
) -> None:
    """An instance inside another. ``chained``: the inner instance's callback runs, by round.

    ``within``: as was read, the inner instance's callback began before the fd's ended, or after.
    """
    maker.phase("epoll-nested", fds=(FD,), active=(FD,), rounds=rounds,
                results={"inner": INNER, "outer": OUTER}, waker="while-asleep")  # fmt: skip
    epoll = _Epoll(maker, (FD,), INNER)
    epoll.control(EPOLL_CTL_ADD, INNER, adds=True, epfd=OUTER)
    epoll.entries.append(ENTRIES[INNER])
    for number in range(rounds):
        through = chained[number] if chained else True
        if asleep:
            epoll.sleep()
        ends = [FD] if within is False else []
        epoll.write(FD, *([INNER] if through else []), wakes=wakes, ends=ends)
        if within:
            epoll.end_of(FD)
        if not asleep:
            epoll.waiter.enter()
        epoll.returns(INNER, slept=asleep, epfd=OUTER)
        epoll.waiter.enter()
        epoll.returns(*([FD] if inside else []), slept=False, epfd=INNER)
    epoll.end()
