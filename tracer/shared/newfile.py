"""New files for what a user asked to be written: nothing is overwritten, nothing half written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tracer.shared.errors import TracerError, UsageError
from tracer.shared.say import say


def check_new(path: Path) -> None:
    """Raise UsageError if ``path`` exists, or its directory is missing or not writable."""
    if path.exists() or path.is_symlink():
        raise UsageError(say("{path} exists; choose another name or remove it", path=path))
    parent = path.absolute().parent
    if not parent.is_dir():
        found = say("is no directory") if parent.exists() else say("does not exist")
        raise UsageError(
            say("{path}: the directory {parent} {found}", path=path, parent=parent, found=found)
        )
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(
            say("{path}: the directory {parent} is not writable", path=path, parent=parent)
        )


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open ``path``, which must not exist, for writing; under sudo it is the caller's.

    If the block ends with an error, or the disk is full, the file is gone.

    Raises:
        TracerError: it cannot be created or written.
    """
    try:
        file = path.open("xb")
    except OSError as error:
        raise _failed(path, error) from error
    try:
        with file:
            yield file
        give_to_sudo_user(path)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _failed(path, error) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def directory_for(path: Path) -> Iterator[None]:
    """Make the directory ``path`` unless it is there; one that stays empty is removed.

    Raises:
        TracerError: it cannot be made.
    """
    made = not path.is_dir()
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise TracerError(
            say("cannot make {path}: {why}", path=path, why=error.strerror)
        ) from error
    try:
        yield
    finally:
        if made and not any(path.iterdir()):
            path.rmdir()
        elif made:
            give_to_sudo_user(path)


def _failed(path: Path, error: OSError) -> TracerError:
    no_space = error.errno == errno.ENOSPC
    hint = say("; free some space or write elsewhere") if no_space else ""
    return TracerError(
        say(
            "cannot write {path}: {why}{hint}",
            path=path,
            why=error.strerror or error,
            hint=hint,
        )
    )


def give_to_sudo_user(path: Path) -> None:
    """Under sudo, make the caller of sudo the owner of ``path`` and what is in it."""
    uid, gid = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if os.geteuid() != 0 or not uid or not gid:
        return
    for target in (path, *(path.rglob("*") if path.is_dir() else ())):
        os.chown(target, int(uid), int(gid), follow_symlinks=False)
