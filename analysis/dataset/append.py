"""Appends a trace to a dataset: completely or not at all, and only once.

All files are written into a draft directory and flushed to the disk before one rename(2) moves it
into place. So a reader sees a partition completely or not at all, whatever happens to the writer,
the machine or the space on the disk. A draft is locked (flock(2)) by its writer; one that nobody
holds was left by a killed writer, and the next append removes it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import IO, Final

import pyarrow.parquet as pa_parquet

from analysis.dataset.layout import (
    CONTENT,
    DRAFT,
    SCHEMA_FILE,
    TABLES,
    TRACE,
    VIEWS,
    check_dataset,
    partition_of,
)
from analysis.dataset.partition import Partition
from analysis.dataset.stored import to_table
from analysis.dataset.tables import marked, write_table
from analysis.fleet.gather import fleet_of_one
from analysis.windows.recording import Recording
from tracer.shared.directory import Directory
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.files import make_directories, write_error
from tracer.shared.message import message
from tracer.shared.records import MANIFEST
from tracer.shared.regular import read_regular

ABANDONED_S: Final = 60.0
"""Minimum age of an abandoned draft: its writer makes it first, and then locks it."""
MOST_MANIFEST: Final = 64 << 20
_VIEWS: Final = Path(__file__).with_name("views.sql")


class Came(Enum):
    """The outcome of appending a trace."""

    APPENDED = auto()
    THERE = auto()
    """It was there already, and nothing was written."""
    REPLACED = auto()
    """It replaced an earlier state of itself, from when it was still being recorded."""


def prepare(path: Path) -> None:
    """Make ``path`` a dataset if it does not exist or is empty.

    Raises:
        UsageError: it contains something else.
        TraceError: it is a dataset of another schema.
        TracerError: it cannot be written.
    """
    make_directories(path)
    try:
        with Directory(path) as root:
            if root.status(SCHEMA_FILE) is None:
                if others := [name for name in root.names() if not name.startswith(DRAFT)]:
                    raise UsageError(
                        message(
                            "{path} contains {name} and is not a dataset; name a new directory",
                            path=path,
                            name=sorted(others)[0],
                        )
                    )
                _write_new(root, VIEWS, _VIEWS.read_bytes())
                _write_new(root, SCHEMA_FILE, f"{CONTENT}\n".encode())
                root.sync()
    except OSError as error:
        raise write_error(error, path) from error
    check_dataset(path)


def _write_new(root: Directory, name: str, content: bytes) -> None:
    """Write a file that is on the disk before it gets its name; an existing one stays."""
    with suppress(FileExistsError), root.whole(name) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def append(
    dataset: Path, recording: Recording, doing: Callable[[str, int], None] = lambda *_: None
) -> Came:
    """Append ``recording`` to ``dataset``, which must be prepared.

    ``doing`` is told which table is being written, and how many of its rows are. TraceError: the
    trace cannot be read; TracerError: the dataset cannot be written. Either way the dataset is as
    before.
    """
    place = dataset.joinpath(*partition_of(recording.manifest))
    before = _before(place)
    if before is not None and not _newer(before, recording):
        return Came.THERE
    try:
        with Directory(dataset) as root:
            _remove_abandoned(root)
            with _draft(root) as (name, draft):
                _write(recording, draft, doing)
                return _given_its_place(root, name, place, replacing=before is not None)
    except OSError as error:
        raise write_error(error, place) from error


def _before(place: Path) -> Partition | None:
    return Partition(place) if place.is_dir() else None


def _newer(before: Partition, recording: Recording) -> bool:
    """Tell whether what is there is an earlier state of ``recording``, or unreadable."""
    try:
        (row,) = before.gathered().rows
    except (TraceError, OSError):
        return True
    return row.doubts.state == "recording" and (row.records, row.doubts.state) != (
        recording.records,
        recording.manifest.state,
    )


@contextmanager
def _draft(root: Directory) -> Iterator[tuple[str, Directory]]:
    """Yield a new directory in ``root``; if the name still exists at the end, it is removed."""
    name = DRAFT + secrets.token_hex(8)
    try:
        with root.make(name) as draft:
            lock = draft.readable()
            try:
                with suppress(OSError):  # a file system without locks: nobody will remove the draft
                    fcntl.flock(lock, fcntl.LOCK_EX)
                yield name, draft
            finally:
                os.close(lock)
    finally:
        _remove_draft(root, name)


def _remove_draft(root: Directory, name: str) -> None:
    with suppress(FileNotFoundError), Directory(Path(name), within=root) as draft:
        for each in draft.names():
            draft.remove(each)
        root.remove_directory(name)


def _remove_abandoned(root: Directory) -> None:
    for name in root.names():
        if name.startswith(DRAFT):
            with suppress(OSError):
                found = root.status(name)
                if found and time.time() - found.st_mtime > ABANDONED_S:
                    _remove_unless_held(root, name)


def _remove_unless_held(root: Directory, name: str) -> None:
    with Directory(Path(name), within=root) as draft:
        lock = draft.readable()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove_draft(root, name)
        finally:
            os.close(lock)


def _write(recording: Recording, draft: Directory, doing: Callable[[str, int], None]) -> None:
    rows = {}
    for name in TABLES:
        with _synced(draft, f"{name}.parquet") as file:
            rows[name] = write_table(recording, name, file, partial(doing, name))
    doing("trace", 0)
    manifest = read_regular(recording.path / MANIFEST, MOST_MANIFEST)
    text = manifest.decode(errors="replace")
    table = marked(to_table(fleet_of_one(recording), rows, text))
    with _synced(draft, TRACE) as file:
        pa_parquet.write_table(table, file, compression="zstd", write_page_checksum=True)
    draft.sync()


@contextmanager
def _synced(draft: Directory, name: str) -> Iterator[IO[bytes]]:
    with os.fdopen(draft.new(name), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _given_its_place(root: Directory, name: str, place: Path, *, replacing: bool) -> Came:
    release, host, trace = place.parts[-3:]
    with _entered(root, release) as by_release, _entered(by_release, host) as by_host:
        try:
            root.move(name, by_host, trace, exchange=replacing)
        except FileExistsError:
            return Came.THERE  # another append of the same trace was first
        by_host.sync()
        by_release.sync()
        root.sync()
    return Came.REPLACED if replacing else Came.APPENDED


@contextmanager
def _entered(within: Directory, name: str) -> Iterator[Directory]:
    with suppress(FileExistsError):
        within.make(name).close()
    with Directory(Path(name), within=within) as found:
        yield found
