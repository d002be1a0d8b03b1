"""Calls that make, name or close an fd, found among others."""

from __future__ import annotations

import errno

from tests.analysis.handmade import WAITER, Maker
from tracer.recording.newfds import NewFds, Turn


def turns(maker: Maker) -> list[Turn]:
    return list(NewFds().turns(memoryview(b"".join(maker.calls))))


def test_only_what_concerns_fds():
    maker = Maker()
    for number in range(500):
        maker.call("read", 1, fd=number)
    maker.call("epoll_wait", 1, fd=4)
    maker.call("accept4", 9, fd=3)
    maker.call("accept4", -errno.EAGAIN, fd=3)
    maker.call("epoll_ctl", 0, fd=4, op=1, target=9)
    maker.call("epoll_ctl", 0, fd=4, op=2, target=9)
    maker.call("connect", -errno.EINPROGRESS, fd=10)
    maker.call("close", 0, fd=9)
    maker.call("close", -errno.EBADF, fd=9)
    maker.call("epoll_create1", 11)
    maker.call("openat", 12)
    maker.call("openat", -errno.ENOENT)
    assert turns(maker) == [
        Turn(WAITER, 9, is_new=True),
        Turn(WAITER, 9, is_new=False),
        Turn(WAITER, 10, is_new=True),
        Turn(WAITER, 9, is_new=False, is_closed=True),
        Turn(WAITER, 11, is_new=True),
        Turn(WAITER, 12, is_new=True),
    ]


def test_no_cells():
    assert turns(Maker()) == []
