"""Writes a user's files: completely or not at all, through no link, without overwriting.

A file is written under another name beside its own, and renamed once it is complete. An existing
file is replaced only if the user says so, and only if it is a regular file. Under sudo the file
belongs to the caller (`tracer.shared.owner`).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tracer.shared.directory import PRIVATE, PUBLIC, Directory
from tracer.shared.errors import TracerError, UsageError
from tracer.shared.message import joined, message
from tracer.shared.owner import as_caller, sudo_caller


def check_new(path: Path, *, force: bool = False) -> None:
    """Raise UsageError if ``path`` cannot be written, before any work is done for it.

    That is, if it exists (with ``force``: and is no regular file), or its directory is missing or
    not writable.
    """
    parent = (
        path.absolute().parent
    )  # for messages; what is opened may be relative to the working directory
    try:
        with Directory(path.parent) as directory, as_caller():
            _check_entry(path, directory.status(path.name), force)
            if os.access(".", os.W_OK | os.X_OK, dir_fd=directory.fd, effective_ids=True):
                return
    except PermissionError:
        pass
    except (FileNotFoundError, NotADirectoryError):
        what = message("is not a directory") if parent.exists() else message("does not exist")
        raise UsageError(
            message("{path}: the directory {parent} {found}", path=path, parent=parent, found=what)
        ) from None
    why = message("{path}: the directory {parent} is not writable", path=path, parent=parent)
    raise UsageError(_with_rights(why))


def _check_entry(path: Path, found: os.stat_result | None, force: bool) -> None:
    if found is None:
        return
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(
            message(
                "{path} exists and is not a regular file; choose another name or remove it",
                path=path,
            )
        )
    if not force:
        raise UsageError(
            message(
                "{path} exists; choose another name or remove it, or add --force to replace it",
                path=path,
            )
        )


@contextmanager
def new_file(path: Path, *, force: bool = False, private: bool = False) -> Iterator[IO[bytes]]:
    """Yield a file that is at ``path``, complete, once the block has ended well; else nowhere.

    ``private``: for its owner only, whatever the umask; traces hold addresses of the kernel.
    ``force``: replace an existing regular file, at the end and in one step.

    Raises:
        UsageError: there is something at ``path``.
        TracerError: it cannot be created or written.
    """
    try:
        with Directory(path.parent) as directory:
            mode = PRIVATE if private else PUBLIC
            with directory.whole(path.name, mode, force=force) as file:
                yield file
    except FileExistsError as error:
        check_new(path, force=force)
        raise write_error(error, path) from error
    except OSError as error:
        raise write_error(error, path) from error


def new_log(path: Path) -> IO[bytes]:
    """Create a file that is written as things happen, replacing a regular file.

    Raises:
        TracerError: it cannot be created, or there is something else.
    """
    try:
        with Directory(path.parent) as directory, as_caller():
            _check_entry(path, directory.status(path.name), force=True)
            directory.remove(path.name)
            return os.fdopen(directory.new(path.name, PUBLIC), "wb", buffering=0)
    except OSError as error:
        raise write_error(error, path) from error


def write_text(path: Path, text: str, *, force: bool = False) -> None:
    """Write ``text`` to ``path`` as `new_file` does."""
    with new_file(path, force=force) as file:
        file.write(text.encode())


@contextmanager
def directory_for(path: Path) -> Iterator[None]:
    """Make the directory ``path`` unless it is there; one that stays empty is removed.

    Raises:
        TracerError: it cannot be made.
    """
    made = make_directories(path)
    try:
        yield
    finally:
        if made:
            with as_caller(), suppress(OSError):  # it is not empty
                path.rmdir()


def make_directories(path: Path) -> bool:
    """Make the directory ``path`` and its parents; return whether it was missing.

    Raises:
        TracerError: it cannot be made.
    """
    with as_caller():
        missing = not path.is_dir()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(error, path) from error
    return missing


def write_error(error: OSError, path: Path) -> TracerError:
    """Return the error for a failure to write ``path``, which the user asked for."""
    why = message("cannot write {path}: {why}", path=path, why=error.strerror or error)
    if error.errno == errno.ENOSPC:
        return TracerError(joined("; ", [why, message("free some space or write elsewhere")]))
    denied = error.errno in (errno.EACCES, errno.EPERM)
    return TracerError(_with_rights(why) if denied else why)


def _with_rights(why: str) -> str:
    """Return ``why``, adding whose rights did not suffice, if not this process's own."""
    caller = sudo_caller()
    if caller is None:
        return why
    hint = message(
        "under sudo files are written with the rights of the caller (uid {uid}); write elsewhere, "
        "or as root: sudo env -u SUDO_UID tracer ...",
        uid=caller.uid,
    )
    return joined("; ", [why, hint])
