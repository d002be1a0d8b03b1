"""Where pyroute2 is. Like everything in a guest, the helper runs without site-packages."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).resolve().parents[2]
DEBIAN: Final = Path("/usr/lib/python3/dist-packages")
VARIABLE: Final = "TRACER_PYROUTE2"
"""A directory that has pyroute2, if none of the usual ones has it."""


def load() -> Any:
    """Return pyroute2's module ``iproute.linux``; ImportError says where it was searched for.

    The module with IPRoute alone would still import the whole of pyroute2: a package runs its
    ``__init__`` first.
    """
    places = list(_places())
    for place in places:
        if (place / "pyroute2" / "iproute").is_dir():
            sys.path.append(str(place))
            return importlib.import_module("pyroute2.iproute.linux")
    searched = ", ".join(map(str, places))
    raise ImportError(f"pyroute2 is in none of {searched}; run scripts/setup, or set {VARIABLE}")


def _places() -> Iterator[Path]:
    """Yield where pyroute2 may be: where VARIABLE says, beside tracer, in .venv, in Debian's."""
    if named := os.environ.get(VARIABLE):
        yield Path(named)
    yield PROJECT
    yield from sorted(PROJECT.glob(".venv/lib/python3*/site-packages"))
    yield DEBIAN
