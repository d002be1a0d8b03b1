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
from tracer.shared.errors import LabError
from tracer.shared.say import say

PARTIAL = ".partial-"


def cache_dir() -> Path:
    """Return the cache: ``$TRACER_CACHE``, ``$XDG_CACHE_HOME/tracer`` or ``~/.cache/tracer``.

    The directory exists on return; raises `LabError` where it cannot be made.
    """
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(os.environ.get("TRACER_CACHE") or Path(home) / "tracer").absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            say(
                "cannot keep kernels in {path}: {why}; set TRACER_CACHE to another directory",
                path=path,
                why=error.strerror,
            )
        ) from error
    return path


@contextlib.contextmanager
def locked(progress: Progress) -> Iterator[None]:
    """Hold the cache for writing; waits for another fetch and says so through ``progress``."""
    with (cache_dir() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another tracer to finish its fetch")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def staging() -> Iterator[Path]:
    """Give an empty directory on the cache's file system, gone afterwards.

    Call it with the lock held: whatever partial directory is found then was left by
    a fetch that was killed, and is removed.
    """
    for leftover in cache_dir().glob(f"{PARTIAL}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=cache_dir()))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
