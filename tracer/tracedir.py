"""Writes a trace directory: ``manifest.json``, ``calls.bin``, ``steps.bin``.

The manifest is written when a recording begins (state ``recording``) and again, atomically,
when it ends; the spools are append-only. So a recorder that is killed leaves a trace that opens.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any, Final

from tracer.errors import TracerError, UsageError

SCHEMA: Final = 1
SPOOLS: Final = {"calls": "calls.bin", "steps": "steps.bin"}
TRUTH: Final = "truth.json"
_SUFFIX: Final = ".trace"


def checked_path(text: str) -> Path:
    """Return the path of a new trace, whose name must end in ``.trace`` and not exist.

    Raises:
        UsageError: it exists, is misnamed, or its parent cannot be written.
    """
    path = Path(text)
    if path.suffix != _SUFFIX:
        raise UsageError(f"{text}: a trace is a directory named NAME{_SUFFIX}")
    if path.exists():
        raise UsageError(f"{text} exists; choose another name or remove it (rm -r {text})")
    parent = path.absolute().parent
    if not parent.is_dir():
        raise UsageError(f"{text}: the directory {parent} does not exist")
    if not os.access(parent, os.W_OK):
        raise UsageError(f"{text}: the directory {parent} is not writable")
    return path


class TraceDirectory:
    """A trace that is being written."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        """Create the directory and its first manifest."""
        try:
            path.mkdir()
        except OSError as error:
            raise UsageError(f"cannot create {path}: {error.strerror}") from error
        self.path = path
        self.manifest = {"schema": SCHEMA, "state": "recording", **manifest}
        self._spools = {
            name: os.open(path / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            for name, file in SPOOLS.items()
        }
        self.write_manifest()

    def spool(self, name: str) -> int:
        """Return the fd of the spool ``calls`` or ``steps``."""
        return self._spools[name]

    def write_manifest(self) -> None:
        """Replace ``manifest.json`` in one step."""
        target = self.path / "manifest.json"
        draft = target.with_suffix(".json.new")
        draft.write_text(json.dumps(self.manifest, indent=1) + "\n")
        draft.replace(target)

    def finish(self, state: str, facts: dict[str, Any]) -> None:
        """Close the spools and write the final manifest; give the trace to the sudo user."""
        for fd in self._spools.values():
            os.close(fd)
        self._spools = {}
        self.manifest.update(facts, state=state)
        self.write_manifest()
        give_to_sudo_user(self.path)


def give_to_sudo_user(path: Path) -> None:
    """Under sudo, make the caller of sudo the owner of ``path`` and what is in it."""
    uid, gid = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if os.geteuid() != 0 or not uid or not gid:
        return
    for target in (path, *(path.rglob("*") if path.is_dir() else ())):
        os.chown(target, int(uid), int(gid), follow_symlinks=False)


def write_error(error: OSError, path: Path) -> TracerError:
    """Return the error for a spool that could not be written."""
    hint = "; free some space or record elsewhere" if error.errno == errno.ENOSPC else ""
    return TracerError(
        f"cannot write {path}: {error.strerror}{hint}; what was recorded until then is kept there"
    )
