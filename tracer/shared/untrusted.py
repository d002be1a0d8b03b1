"""Reads files that others may have written: only regular files of the expected size."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from tracer.shared.directory import Directory
from tracer.shared.errors import TracerError
from tracer.shared.message import message

_BLOCK_BYTES: Final = 1 << 20


class RefusedError(TracerError):
    """What was found is not what was expected: a link, a device, too large, not JSON."""


@contextmanager
def regular_file(directory: Directory, name: str, limit_bytes: int) -> Iterator[int]:
    """Yield an fd of the regular file ``name`` in ``directory``, of at most ``limit_bytes``.

    Raises:
        FileNotFoundError: there is nothing of that name.
        RefusedError: it is something else, or too long.
    """
    path = directory.path / name
    found = directory.status(name)
    if found is None:
        raise FileNotFoundError(path)
    _check(path, found, limit_bytes)
    try:
        fd = directory.open(name)
    except OSError as error:
        raise RefusedError(
            message("cannot read {path}: {why}", path=path, why=error.strerror)
        ) from error
    try:
        _check(path, os.fstat(fd), limit_bytes)  # it may have changed since
        yield fd
    finally:
        os.close(fd)


def _check(path: object, found: os.stat_result, limit_bytes: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise RefusedError(message("{path} is not a regular file; it is not read", path=path))
    if found.st_size > limit_bytes:
        raise RefusedError(
            message(
                "{path} has {size:,} bytes; expected at most {limit:,}: it is not read",
                path=path,
                size=found.st_size,
                limit=limit_bytes,
            )
        )


def blocks(fd: int, limit_bytes: int) -> Iterator[bytes]:
    """Return the content of ``fd`` in blocks, up to ``limit_bytes``: it may grow meanwhile."""
    left = limit_bytes
    while left > 0 and (block := os.read(fd, min(left, _BLOCK_BYTES))):
        left -= len(block)
        yield block


def read_bytes(directory: Directory, name: str, limit_bytes: int) -> bytes:
    """Return the content of a regular file; errors as of `regular_file`."""
    with regular_file(directory, name, limit_bytes) as fd:
        return b"".join(blocks(fd, limit_bytes))


def read_json(directory: Directory, name: str, limit_bytes: int) -> Any:
    """Return the JSON in a regular file; errors as of `regular_file`; RefusedError: not JSON.

    The interpreter limits nesting, and integers to 4,300 digits; NaN is not JSON.
    """
    try:
        return json.loads(read_bytes(directory, name, limit_bytes), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        path = directory.path / name
        raise RefusedError(
            message("{path} is not JSON: {why}", path=path, why=str(error))
        ) from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
