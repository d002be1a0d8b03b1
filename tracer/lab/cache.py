"""Where the lab keeps kernels: whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tracer.lab.tools import Progress
from tracer.shared.cachehome import cache_home, doubt_of, made_cache_home
from tracer.shared.errors import LabError
from tracer.shared.message import message
from tracer.shared.owner import OTHERS_WRITE

PARTIAL = ".partial-"


def cache_dir() -> Path:
    """Return the cache: ``$TRACER_CACHE``, ``$XDG_CACHE_HOME/tracer`` or ``~/.cache/tracer``.

    Under sudo it is root's own, whatever HOME sudo kept: kernels, lists and scripts in it are run
    or shown without further checks. The directory exists on return.

    Raises:
        LabError: it cannot be made, or others can write to it.
    """
    try:
        path = made_cache_home()
    except OSError as error:
        raise LabError(
            message(
                "cannot keep kernels in {path}: {why}; set TRACER_CACHE to another directory",
                path=cache_home(),
                why=error.strerror,
            )
        ) from error
    check_owner(path.resolve())
    return path


def check_owner(path: Path) -> None:
    """Raise LabError unless ``path`` is ours or root's, no link, and not writable for others."""
    why = doubt_of(path)
    if why is None:
        return
    raise LabError(
        message(
            "{path} is not trusted: {why}; what is in the cache is booted and run, so only its "
            "user may write to it; fix that, or set TRACER_CACHE to another directory",
            path=path,
            why=why,
        )
    )


def check_tree(path: Path) -> None:
    """Do as `check_owner` for ``path`` and all that is in it."""
    check_owner(path)
    if path.is_dir():
        for each in path.iterdir():
            check_tree(each)


@contextlib.contextmanager
def locked(progress: Progress) -> Iterator[None]:
    """Lock the cache for writing; waits for another fetch and says so through ``progress``.

    What is written meanwhile is not writable for others, whatever the umask, as `check_owner`
    demands.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(cache_dir() / "lock", flags, 0o600), "w") as lock:  # noqa: PTH123 -- an fd
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another tracer to finish its fetch")
            fcntl.flock(lock, fcntl.LOCK_EX)
        before = os.umask(OTHERS_WRITE)
        os.umask(before | OTHERS_WRITE)
        try:
            yield
        finally:
            os.umask(before)


@contextlib.contextmanager
def staging() -> Iterator[Path]:
    """Yield an empty directory on the cache's file system, removed afterwards.

    Call it with the lock held: any partial directory found then was left by a killed fetch, and is
    removed.
    """
    for leftover in cache_dir().glob(f"{PARTIAL}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=cache_dir()))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
