"""The signals that ask a program to end, and on which it ends cleanly."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Ctrl-C, kill, a closed terminal, Ctrl-\\."""

_AGAIN_S: Final = 0.01


def is_let_through(number: int) -> bool:
    """Return whether whoever started us wants this signal ignored, as nohup does with SIGHUP."""
    lasting = number in (signal.SIGHUP, signal.SIGQUIT)
    return lasting and signal.getsignal(number) == signal.SIG_IGN


def as_shell(status: int) -> int:
    """Return a child's ``status``, as in subprocess, as a shell has it: 128 plus the signal."""
    return status if status >= 0 else 128 - status


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Collect the signals in `ENDING` instead of dying of them."""
    seen: list[int] = []
    with on_ending(lambda received, _: seen.append(received)):
        yield seen


@contextmanager
def held_back() -> Iterator[None]:
    """Let the signals in `ENDING` wait for the end of the block, whichever thread gets them.

    An exception raised in a hook of os.fork would be printed and forgotten.
    """
    with interruptible() as signals:
        yield
    for number in signals:
        signal.raise_signal(number)


@contextmanager
def on_ending(
    handler: Callable[[int, FrameType | None], object], numbers: Iterable[int] = ENDING
) -> Iterator[None]:
    """Call ``handler`` for ``numbers`` while the block lasts, unless they are let through."""
    before = {
        number: signal.signal(number, handler) for number in numbers if not is_let_through(number)
    }
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


@contextmanager
def sent_again_if_lost() -> Iterator[None]:
    """Have a signal sent again whose KeyboardInterrupt hit where Python can't raise it.

    As long as the block lasts. Such places are the callback of a weak reference, as at the end of
    an import, and a hook of os.fork: by default, Python prints the exception there and forgets it.
    """
    report = sys.unraisablehook

    def answer(lost: UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, KeyboardInterrupt):
            report(lost)
            return
        from threading import Timer  # noqa: PLC0415 -- workloads start sooner without it

        number = lost.exc_value.args[0] if lost.exc_value.args else signal.SIGINT
        # Later: raised here, it would be lost again.
        Timer(_AGAIN_S, os.kill, (os.getpid(), number)).start()

    sys.unraisablehook = answer
    try:
        yield
    finally:
        sys.unraisablehook = report
