"""Network namespaces without a name: made by unshare, held by an fd, entered by setns."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_CLONE_NEWNET: Final = 0x40000000
"""Source: include/uapi/linux/sched.h."""

_OWN: Final = "/proc/thread-self/ns/net"


def make() -> int:
    """Return an fd of a new network namespace; closing the last one removes it.

    Its loopback interface is down. Raises OSError (EPERM: not root).
    """
    home = _own()
    try:
        _check(_libc().unshare(_CLONE_NEWNET), "unshare of the network namespace")
        try:
            return _own()
        finally:
            _enter(home)
    finally:
        os.close(home)


@contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Put this thread into ``namespace`` during the body.

    A socket always belongs to the namespace it was made in. Raises OSError.
    """
    home = _own()
    try:
        _enter(namespace)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)


def _own() -> int:
    return os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)


def _enter(namespace: int) -> None:
    _check(_libc().setns(namespace, _CLONE_NEWNET), "setns to a network namespace")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(ret: int, what: str) -> None:
    if ret < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)} ({what})")
