"""The program's first lines: until the rest is imported, Ctrl-C ends it like any other program."""

from __future__ import annotations

import signal


def main() -> int:
    """Import the program and run it."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # else it is ignored on purpose: a background job
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tracer.cli import main as run  # noqa: PLC0415 -- the import is what takes time

    signal.signal(signal.SIGINT, handler)
    return run()
