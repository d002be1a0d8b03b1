"""The program's first lines: until it can answer Ctrl-C, and after its end, that just ends it."""

from __future__ import annotations

import signal


def main() -> int:
    """Import the program and run it."""
    # Otherwise it is ignored on purpose: a background job.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tracer.cli import main as run  # noqa: PLC0415 -- the import is what takes time

    return run()
