"""Opens files that others may have written: only regular files of the expected size.

A trace comes from a user's directory or a guest. Any of its names may be a link to somewhere else,
a pipe that never ends, or a device. Standard library only.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tracer.shared.errors import TraceError
from tracer.shared.message import message

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_regular(path: Path) -> int:
    """Return an fd of the regular file ``path``, open for reading; no link is followed.

    Raises: TraceError: it is not a regular file, or cannot be opened.
    """
    try:
        fd = os.open(path, _FLAGS)
    except OSError as error:
        raise TraceError(_refused(path, error)) from error
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise TraceError(message("{path}: not a regular file; needed one: record again", path=path))


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return the content of the regular file ``path``.

    Raises: TraceError: it is not a regular file, cannot be read, or exceeds ``most_bytes``.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        try:
            data = file.read(most_bytes + 1)
        except OSError as error:
            raise TraceError(_refused(path, error)) from error
    if len(data) > most_bytes:
        raise TraceError(
            message(
                "{path}: longer than {most:,} bytes; needed less: it is not a file of tracer's",
                path=path,
                most=most_bytes,
            )
        )
    return data


def _refused(path: Path, error: OSError) -> str:
    if path.is_symlink():
        return message("{path}: a symbolic link; needed the file itself", path=path)
    return message("{path}: {why}; a trace needs it: record again", path=path, why=error.strerror)
