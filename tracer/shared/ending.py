"""The signals that ask a program to end, and on which it ends cleanly."""

from __future__ import annotations

import signal
from typing import Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Ctrl-C, kill, a closed terminal, Ctrl-\\."""


def is_let_through(number: int) -> bool:
    """Return whether whoever started us wants this signal ignored, as nohup does with SIGHUP."""
    lasting = number in (signal.SIGHUP, signal.SIGQUIT)
    return lasting and signal.getsignal(number) == signal.SIG_IGN


def as_shell(status: int) -> int:
    """Return a child's ``status``, as in subprocess, as a shell has it: 128 plus the signal."""
    return status if status >= 0 else 128 - status
