"""Code that a user names, read once: exactly what was checked is run."""

from __future__ import annotations

import os
from pathlib import Path

from tracer.shared.errors import UsageError
from tracer.shared.message import message
from tracer.shared.owner import sudo_caller, written_by_others


class UntrustedError(UsageError):
    """A program would run as root, and others may have written it."""


def read_code(path: Path, *, trusted: bool) -> bytes:
    """Return the text of the program ``path``; ``trusted``: whoever may have written it.

    Raises:
        OSError: it cannot be read.
        UntrustedError: it would run as root, and others may have written it.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        doubt = None if trusted or os.geteuid() != 0 else _doubt(found)
        if doubt is not None:
            raise UntrustedError(
                message(
                    "{path} is a program and would run as root: {doubt}; look at it, then add "
                    "--trust",
                    path=path,
                    doubt=doubt,
                )
            )
        return file.read()


def _doubt(found: os.stat_result) -> str | None:
    """Return why root should not run what a file holds; None if only root can have written it."""
    caller = sudo_caller()
    if caller is not None:
        return message("sudo runs this for uid {uid}", uid=caller.uid)
    return written_by_others(found, 0)
