"""The chart library as text: Vega, Vega-Lite and Vega-Embed in one script.

Making it takes seconds, so it is kept in the user's cache directory, by version.
"""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

import vl_convert

_SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"


@functools.cache
def chart_library() -> str:
    """Return the script; it defines ``window.vegaEmbed`` and nothing else that is global."""
    kept = _cache() / f"charts-{version('vl-convert-python')}.js"
    try:
        return kept.read_text("utf-8")
    except OSError:
        made = f"(() => {{\n{vl_convert.javascript_bundle(_SNIPPET)}\n}})();\n"
    with contextlib.suppress(OSError):  # a cache that cannot be written only costs time
        _keep(kept, made)
    return made


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "tracer"


def _keep(path: Path, text: str) -> None:
    """Write ``path`` whole or not at all: another program may be about to read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:
        draft.write(text)
    Path(draft.name).replace(path)
