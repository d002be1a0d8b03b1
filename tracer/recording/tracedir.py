"""Writes a trace directory: ``manifest.json``, ``calls.bin``, ``steps.bin``.

The manifest is written when a recording begins (state ``recording``) and again, atomically,
when it ends; the spools are append-only. So a recorder that is killed leaves a trace that opens.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tracer.shared.errors import TracerError, UsageError
from tracer.shared.newfile import give_to_sudo_user
from tracer.shared.say import say

SCHEMA: Final = 1
SPOOLS: Final = {"calls": "calls.bin", "steps": "steps.bin"}
TRUTH: Final = "truth.json"
_SUFFIX: Final = ".trace"
_MANIFEST: Final = "manifest.json"
_DRAFT: Final = "manifest.json.new"
_GROWTH_BYTES: Final = 16 << 10
"""How much longer the final manifest may be than the first."""


def checked_path(text: str) -> Path:
    """Return the path of a new trace, whose name must end in ``.trace`` and not exist.

    Raises:
        UsageError: it exists, is misnamed, or its parent cannot be written.
    """
    path = Path(text)
    if path.suffix != _SUFFIX:
        raise UsageError(
            say("{text}: a trace is a directory named NAME{suffix}", text=text, suffix=_SUFFIX)
        )
    if path.exists():
        raise UsageError(
            say("{text} exists; choose another name or remove it (rm -r {text})", text=text)
        )
    parent = path.absolute().parent
    if not parent.is_dir():
        raise UsageError(
            say("{text}: the directory {parent} does not exist", text=text, parent=parent)
        )
    if not os.access(parent, os.W_OK):
        raise UsageError(
            say("{text}: the directory {parent} is not writable", text=text, parent=parent)
        )
    return path


class TraceDirectory:
    """A trace that is being written."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        """Create the directory and its first manifest.

        Raises:
            UsageError: the directory cannot be made.
            TracerError: it cannot be written to, the disk is full for example.
        """
        try:
            path.mkdir()
        except OSError as error:
            raise UsageError(
                say("cannot create {path}: {why}", path=path, why=error.strerror)
            ) from error
        self.path = path
        self.manifest = {"schema": SCHEMA, "state": "recording", **manifest}
        self._spools: dict[str, int] = {}
        try:
            with self.writing(_MANIFEST):
                self._open()
        except BaseException:
            self.remove()
            raise

    def _open(self) -> None:
        for name, file in SPOOLS.items():
            # Appending: what is cut off a spool (Ring.drain) leaves no hole behind.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._spools[name] = os.open(self.path / file, flags, 0o644)
        self._write_manifest()
        self._reserve()
        give_to_sudo_user(self.path)

    def _reserve(self) -> None:
        """Take the room of the final manifest now: a full disk must not keep it out."""
        room = (self.path / _MANIFEST).stat().st_size + _GROWTH_BYTES
        with (self.path / _DRAFT).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, room)

    @contextmanager
    def writing(self, file: str) -> Iterator[None]:
        """Turn the OSError of writing ``file`` into a TracerError that says what to do."""
        try:
            yield
        except OSError as error:
            raise write_error(error, self.path / file) from error

    def spool(self, name: str) -> int:
        """Return the fd of the spool ``calls`` or ``steps``."""
        return self._spools[name]

    def append(self, name: str, cell: bytes) -> None:
        """Append one cell to a spool, or nothing and raise TracerError."""
        fd = self._spools[name]
        with self.writing(SPOOLS[name]):
            done = os.write(fd, cell)
            if done < len(cell):
                os.ftruncate(fd, os.fstat(fd).st_size - done)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def keep_truth(self, source: Path) -> None:
        """Copy what the workload wrote into the trace, or nothing and raise TracerError."""
        with self.writing(TRUTH):
            try:
                shutil.copyfile(source, self.path / TRUTH)
            except BaseException:
                (self.path / TRUTH).unlink(missing_ok=True)
                raise

    def _write_manifest(self) -> None:
        """Replace ``manifest.json`` in one step, by the draft's room where it has some."""
        draft = self.path / _DRAFT
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o644), "wb") as file:
            file.write(json.dumps(self.manifest, indent=1).encode() + b"\n")
            file.truncate()
        draft.replace(self.path / _MANIFEST)

    def finish(self, state: str, facts: dict[str, Any]) -> None:
        """Close the spools and write the final manifest; give the trace to the sudo user."""
        self._close()
        self.manifest.update(facts, state=state)
        with self.writing(_MANIFEST):
            self._write_manifest()
        give_to_sudo_user(self.path)

    def remove(self) -> None:
        """Remove a trace of which nothing was recorded."""
        self._close()
        shutil.rmtree(self.path, ignore_errors=True)

    def _close(self) -> None:
        while self._spools:
            os.close(self._spools.popitem()[1])


def write_error(error: OSError, path: Path) -> TracerError:
    """Return the error for a spool that could not be written."""
    no_space = error.errno == errno.ENOSPC
    hint = say("; free some space or record elsewhere") if no_space else ""
    return TracerError(
        say(
            "cannot write {path}: {why}{hint}; what was recorded until then is kept there",
            path=path,
            why=error.strerror,
            hint=hint,
        )
    )
