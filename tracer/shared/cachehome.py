"""Where tracer keeps files that it can fetch or compute again. Standard library only."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from tracer.shared.message import message
from tracer.shared.owner import sudo_caller, written_by_others


def cache_home() -> Path:
    """Return ``$TRACER_CACHE``, ``$XDG_CACHE_HOME/tracer`` or ``~/.cache/tracer``, there or not.

    Under sudo it is root's own, whatever HOME sudo kept.
    """
    return Path(os.environ.get("TRACER_CACHE") or _home() / "tracer").absolute()


def made_cache_home() -> Path:
    """Do as `cache_home`, and make the directory, for its user only, if it is not there.

    OSError: it cannot be made.
    """
    path = cache_home()
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    return path


def doubt_of(path: Path) -> str | None:
    """Return why ``path`` is not trusted: others may have written it; None: it is. OSError."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return message("it is a link")
    return written_by_others(found, os.geteuid(), 0)


def _home() -> Path:
    if sudo_caller() is not None:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
