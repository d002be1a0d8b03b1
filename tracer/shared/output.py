"""Messages to people while work goes on; a closed terminal is no reason to stop.

A terminal that was closed (EIO), a reader that went away (EPIPE), a full disk behind a redirection:
a recording continues and ends as it would have.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, TextIO

from tracer.shared.message import localized_line


def take_standard_fds() -> None:
    """Ensure that 0, 1 and 2 are open: else a trace's file would become a command's output.

    Python has no streams for those that were closed.
    """
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
    for name, fd in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(fd, "w", closefd=False))  # noqa: SIM115 -- an fd


def to_stderr(line: str) -> None:
    """Show a line of progress."""
    _print(f"tracer: {localized_line(line)}", sys.stderr)


def to_stdout(line: str) -> None:
    """Show a line of the result of finished work, which has its own exit status."""
    _print(localized_line(line), sys.stdout)


def _print(line: str, stream: TextIO | None) -> None:
    if stream is None:  # closed before Python began
        return
    try:
        print(line, file=stream, flush=True)
    except (OSError, ValueError):
        silence(stream)


def silence(stream: TextIO | None) -> None:
    """Discard what is left in the buffers of ``stream``, and all that follows."""
    if stream is None:
        return
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def passed_to(stream: TextIO | None) -> Callable[[bytes], None]:
    """Return a function that writes bytes to ``stream`` as they are, while anyone reads them."""
    binary: BinaryIO | None = getattr(stream, "buffer", None)

    def write(chunk: bytes) -> None:
        nonlocal binary
        if binary is None:
            return
        try:
            binary.write(chunk)
            binary.flush()
        except (OSError, ValueError):
            binary = None
            silence(stream)

    return write
