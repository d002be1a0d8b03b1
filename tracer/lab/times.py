"""How long boots took on this machine, to estimate the next one.

Kept in the lab's cache, ``times.json``: {key: [seconds, …]}, the newest last. A convenience: a file
that cannot be read or written counts as missing.
"""

from __future__ import annotations

import json
import statistics
from contextlib import suppress
from typing import Final

from tracer.lab.cache import cache_dir
from tracer.shared.errors import TracerError
from tracer.shared.files import write_text

KEPT: Final = 5
MOST_KEYS: Final = 200
_FILE: Final = "times.json"


def expected_s(key: str) -> float | None:
    """Return the median time that ``key`` took; None: it was not done here yet."""
    known = _read().get(key)
    return statistics.median(known) if known else None


def remember(key: str, seconds: float) -> None:
    """Keep how long ``key`` took, for the next time."""
    times = _read()
    times[key] = [*times.pop(key, []), round(seconds, 1)][-KEPT:]
    newest = dict(list(times.items())[-MOST_KEYS:])
    with suppress(TracerError, OSError):
        write_text(cache_dir() / _FILE, json.dumps(newest, indent=1) + "\n", force=True)


def _read() -> dict[str, list[float]]:
    try:
        found = json.loads((cache_dir() / _FILE).read_text("utf-8"))
    except (TracerError, OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: times for key, value in found.items() if (times := _seconds(value))}


def _seconds(value: object) -> list[float]:
    if not isinstance(value, list):
        return []
    return [float(each) for each in value if isinstance(each, (int, float)) and 0 < each < 1e6]
