"""Writes a trace directory: the manifest, the spools, and what is behind fds.

The manifest is written when a recording begins (state ``recording``), again during it and at its
end, each time atomically; the spools are append-only. So a recorder that is killed leaves a trace
that opens.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from tracer.shared import fds
from tracer.shared.directory import Directory
from tracer.shared.errors import TracerError, UsageError
from tracer.shared.files import check_new, write_error
from tracer.shared.libc import punch_hole
from tracer.shared.message import joined, message
from tracer.shared.records import MANIFEST, SPOOLS, TRUTH

SCHEMA: Final = 1
WITH_HOLES: Final = 2
"""The schema of a trace whose oldest records may be discarded: an older reader would read holes."""
_SUFFIX: Final = ".trace"
_DRAFT: Final = "manifest.json.new"
_NEXT: Final = "manifest.json.next"
_FILES: Final = (MANIFEST, _DRAFT, _NEXT, TRUTH, fds.FILE, *SPOOLS.values())
_BLOCK: Final = 1 << 16
"""Bytes; no file system has longer blocks. Holes begin at a multiple of it."""
_GROWTH_BYTES: Final = 16 << 10
"""How much longer the final manifest may be than the first."""


def checked_path(text: str) -> Path:
    """Return the path of a new trace, which must end in ``.trace`` and not exist.

    Raises:
        UsageError: it exists, is misnamed, or its parent cannot be written.
    """
    path = Path(text)
    if path.suffix != _SUFFIX:
        raise UsageError(
            message("{text}: a trace is a directory named NAME{suffix}", text=text, suffix=_SUFFIX)
        )
    if path.is_dir():
        raise UsageError(
            message("{text} exists; choose another name or remove it (rm -r {text})", text=text)
        )
    check_new(path)
    return path


class TraceDirectory:
    """A trace that is being written: for its owner only, since it holds kernel addresses.

    Files are opened once and written through their fds; names are used only within the open
    directory.
    """

    def __init__(self, path: Path, manifest: dict[str, Any], schema: int = SCHEMA) -> None:
        """Create the directory and its first manifest.

        Raises:
            UsageError: the directory cannot be made.
            TracerError: it cannot be written to, because the disk is full for example.
        """
        self.path = path
        self.manifest = {"schema": schema, "state": "recording", **manifest}
        self._spools: dict[str, int] = {}
        self.appended = dict.fromkeys(SPOOLS, 0)
        """Cells appended by :meth:`append`, by spool."""
        self._draft = self._fds = -1
        self._parent, self._here = _make(path)
        try:
            with self.writing(MANIFEST):
                self._open()
        except BaseException:
            self.remove()
            raise

    def _open(self) -> None:
        for name, file in SPOOLS.items():
            # Appending: cutting a spool short (Ring.drain) leaves no hole.
            self._spools[name] = self._here.new(file, flags=os.O_APPEND)
        text = self._text()
        self._draft = self._here.new(_DRAFT)
        os.posix_fallocate(self._draft, 0, len(text))
        self._write_manifest(text, len(text) + _GROWTH_BYTES)

    @contextmanager
    def writing(self, file: str) -> Iterator[None]:
        """Turn the OSError of writing ``file`` into a TracerError that says what to do."""
        try:
            yield
        except OSError as error:
            raise _write_error(error, self.path / file) from error

    def spool(self, name: str) -> int:
        """Return the fd of the spool ``calls`` or ``steps``."""
        return self._spools[name]

    def append(self, name: str, cell: bytes) -> None:
        """Append one cell to a spool, or nothing and raise TracerError."""
        self._append(self._spools[name], SPOOLS[name], cell)
        self.appended[name] += 1

    def punch(self, name: str, start: int, end: int) -> None:
        """Free the disk space of a spool's bytes from ``start`` to ``end``."""
        start -= start % _BLOCK  # a block at a border is free once both its halves are
        if end > start:
            punch_hole(self._spools[name], start, end - start)

    def append_fds(self, lines: bytes) -> None:
        """Append observations of fds, in a file that is made now if it is not there."""
        with self.writing(fds.FILE):
            if self._fds < 0:
                self._fds = self._here.new(fds.FILE, flags=os.O_APPEND)
        self._append(self._fds, fds.FILE, lines)

    def _append(self, fd: int, file: str, data: bytes) -> None:
        with self.writing(file):
            done = os.write(fd, data)
            if done < len(data):
                os.ftruncate(fd, os.fstat(fd).st_size - done)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def keep_truth(self, text: bytes) -> None:
        """Write the workload's truth into the trace, or nothing and raise TracerError."""
        with self.writing(TRUTH), self._here.whole(TRUTH) as file:
            file.write(text)

    def _text(self) -> bytes:
        return json.dumps(self.manifest, indent=1).encode() + b"\n"

    def _write_manifest(self, text: bytes, reserve: int) -> None:
        """Replace ``manifest.json`` in one step, using the space reserved before.

        First ``reserve`` bytes are reserved for the next one: a full disk must not keep out the
        final manifest. OSError: there is no space for that, or for this one; the old one stays.
        """
        following = -1
        if reserve:
            following = self._here.new(_NEXT)
            try:
                os.posix_fallocate(following, 0, reserve)
            except BaseException:
                os.close(following)
                self._here.remove(_NEXT)
                raise
        if os.pwrite(self._draft, text, 0) < len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.ftruncate(self._draft, len(text))
        os.close(self._draft)
        self._draft = following  # whatever goes wrong from here on, no fd is closed twice
        self._here.rename(_DRAFT, MANIFEST)
        if reserve:
            self._here.rename(_NEXT, _DRAFT)

    def update(self, facts: dict[str, Any]) -> bool:
        """Write the manifest with ``facts`` during the recording; tell if there was space."""
        self.manifest.update(facts)
        text = self._text()
        try:
            self._write_manifest(text, len(text) + _GROWTH_BYTES)
        except OSError:
            return False
        return True

    def finish(self, state: str, facts: dict[str, Any]) -> None:
        """Close the spools and write the final manifest."""
        self.manifest.update(facts, state=state)
        with self.writing(MANIFEST):
            self._write_manifest(self._text(), 0)
        self._close()

    def remove(self) -> None:
        """Remove a trace in which nothing was recorded: only what was made here."""
        with suppress(OSError):
            for name in _FILES:
                self._here.remove(name)
            self._parent.remove_directory(self.path.name)
        self._close()

    def _close(self) -> None:
        while self._spools:
            os.close(self._spools.popitem()[1])
        for fd in (self._draft, self._fds):
            if fd >= 0:
                os.close(fd)
        self._draft = self._fds = -1
        self._here.close()
        self._parent.close()


def _make(path: Path) -> tuple[Directory, Directory]:
    """Make ``path``; return its open parent directory, and itself."""
    try:
        parent = Directory(path.parent)
        try:
            return parent, parent.make(path.name)
        except BaseException:
            parent.close()
            raise
    except OSError as error:
        raise UsageError(
            message("cannot create {path}: {why}", path=path, why=error.strerror)
        ) from error


def _write_error(error: OSError, path: Path) -> TracerError:
    """Return the error for a file of a trace that could not be written."""
    kept = message("what was recorded until then is kept there")
    return TracerError(joined("; ", [str(write_error(error, path)), kept]))
