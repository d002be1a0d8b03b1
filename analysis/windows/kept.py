"""Keeps the results of a pass over a long trace for the next command.

They are in the user's own cache (``tracer.shared.cachehome``), not beside the trace: a trace may be
someone else's, or in a read-only place. A file's name identifies the trace and its state: paths,
inodes, sizes and times of its files. A cache that others may write to is not trusted. What cannot
be read is computed again, and what cannot be written is not kept; users of the results check the
records that they refer to. For a short trace, and for one that is still being recorded, nothing is
kept.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tracer.shared.cachehome import cache_home, doubt_of, made_cache_home
from tracer.shared.directory import Directory
from tracer.shared.errors import TraceError
from tracer.shared.records import MANIFEST, SPOOLS
from tracer.shared.regular import read_regular

Arrays = Mapping[str, npt.NDArray[Any]]

VERSION: Final = 1
"""Version of what is kept; results of other versions are not found."""
LEAST: Final = 2_000_000
"""Shortest trace, in records, for which results are kept; a pass over fewer takes tenths of a
second.
"""
MOST_FILES: Final = 64
MOST_BYTES: Final = 64 << 20
"""Largest file; larger results are not kept."""
FILES: Final = (SPOOLS["calls"], SPOOLS["steps"], MANIFEST)


def kept(
    trace: Path, name: str, make: Callable[[], Arrays], right: Callable[[Arrays], bool]
) -> Arrays:
    """Return the arrays that ``make`` computes for the trace in the directory ``trace``.

    Or those kept under ``name`` by an earlier command, if they are ``right``. They are
    one-dimensional arrays of numbers.
    """
    path = _place(trace, name)
    found = None if path is None else _read(path)
    if found is not None and right(found):
        return found
    made = make()
    if path is not None:
        with suppress(OSError):
            _write(path, made)
    return made


def increase(places: npt.NDArray[Any], end: int) -> bool:
    """Tell whether ``places`` are integers from 0 on, below ``end``, strictly increasing."""
    if places.dtype != np.int64:
        return False
    return not len(places) or bool(
        places[0] >= 0 and places[-1] < end and (np.diff(places) > 0).all()
    )


def _place(trace: Path, name: str) -> Path | None:
    try:
        found = [os.lstat(trace / each) for each in FILES]
        numbers = [(each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns) for each in found]
        identity = repr((VERSION, os.fsencode(trace.resolve()), numbers, name)).encode()
        return cache_home() / "traces" / f"{hashlib.sha256(identity).hexdigest()[:40]}.npz"
    except (OSError, RuntimeError):  # no file, or no home directory
        return None


def _read(path: Path) -> Arrays | None:
    try:
        if any(map(doubt_of, (path.parents[1].resolve(), path.parent, path))):
            return None
        with np.load(io.BytesIO(read_regular(path, MOST_BYTES)), allow_pickle=False) as file:
            arrays = dict(file)
    except (TraceError, OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return arrays if all(each.ndim == 1 for each in arrays.values()) else None


def _write(path: Path, arrays: Arrays) -> None:
    if sum(each.nbytes for each in arrays.values()) > MOST_BYTES // 2:
        return
    home = made_cache_home()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if doubt_of(home.resolve()) or doubt_of(path.parent):
        return
    others = sorted(path.parent.iterdir(), key=lambda each: each.lstat().st_mtime_ns)
    for old in others[: max(0, len(others) + 1 - MOST_FILES)]:
        old.unlink()
    with (
        Directory(path.parent, ours=True) as directory,
        directory.whole(path.name, force=True) as file,
    ):
        np.savez(file, allow_pickle=False, **arrays)
