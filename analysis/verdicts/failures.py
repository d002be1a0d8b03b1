"""Describes an error in a claim's or a pack's own code in one line."""

from __future__ import annotations

from pathlib import Path

from tracer.shared.message import message


def described(error: Exception, path: Path) -> str:
    """Return ``error`` in one line, with the last line of ``path`` in its traceback."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno
    text = f"{type(error).__name__}: {error}"
    return message("{error} (line {line})", error=text, line=line) if line else text
