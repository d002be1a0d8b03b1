"""Forked helpers of a workload: they do one thing and leave without its clean-up."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_STOPPING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)


@contextmanager
def signals_held() -> Iterator[None]:
    """Block the signals that stop a workload until the body is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def fork(serve: Callable[[], None], name: str) -> int:
    """Fork a child that runs ``serve`` and exits; return its pid. ``name`` is for its errors.

    Call it with ``signals_held``: if a handler of the parent raised in the child, the child would
    go on as a second parent, and if it raised in the parent, the child would be lost.
    """
    pid = os.fork()
    if pid == 0:
        _serve_and_leave(serve, name)
    return pid


def _serve_and_leave(serve: Callable[[], None], name: str) -> None:
    """Serve, and leave without the parent's clean-up. Never returns."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Ctrl-C reaches the whole group: the parent stops, and ends its children.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        serve()
        status = 0
    except OSError as error:
        os.write(2, f"{name}: {error}\n".encode())
    finally:
        os._exit(status)
