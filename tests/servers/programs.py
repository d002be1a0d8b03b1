"""Where the servers and load generators are: on PATH, or where ``scripts/setup dev`` unpacks them.

They are unpacked, not installed: a package's installation would start its server. Standard library
only, like all of this folder: guests import it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / ".servers"
BINARIES = [ROOT / "usr/bin", ROOT / "usr/sbin"]


class NotHereError(LookupError):
    """A program that ``scripts/setup dev`` provides is not here."""


def program(name: str) -> str:
    """Return the path of a program. NotHereError: there is none."""
    path = ":".join([*map(str, BINARIES), os.environ.get("PATH", os.defpath), "/usr/sbin"])
    if found := shutil.which(name, path=path):
        return found
    raise NotHereError(f"{name} is not here: run scripts/setup dev")


def environment() -> dict[str, str]:
    """Return the environment in which unpacked programs find their libraries."""
    places = ":".join(str(place) for place in (ROOT / "usr/lib").glob("*-linux-gnu"))
    return {**os.environ, "LD_LIBRARY_PATH": places, "LC_ALL": "C.UTF-8"}
