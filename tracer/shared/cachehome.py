"""Where tracer keeps what it can get again. Standard library only."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from tracer.shared.owner import sudo_caller


def cache_home() -> Path:
    """Return ``$TRACER_CACHE``, ``$XDG_CACHE_HOME/tracer`` or ``~/.cache/tracer``, there or not.

    Under sudo it is root's own, whoever's HOME is kept.
    """
    return Path(os.environ.get("TRACER_CACHE") or _home() / "tracer").absolute()


def _home() -> Path:
    if sudo_caller() is not None:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
