"""What is known of a recording while it goes on, should its recorder be killed the next moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from tracer.recording.tracedir import TraceDirectory
from tracer.shared.clock import boot_ns

EVERY_S: Final = 1.0


class SoFar:
    """Writes losses and misses to the manifest once a second, with the time they hold for."""

    def __init__(self, trace: TraceDirectory, count: Callable[[], dict[str, Any]]) -> None:
        """Begin now; ``count`` returns the manifest's ``losses`` and ``misses``."""
        self._trace, self._count = trace, count
        self._written = time.monotonic()

    def refresh(self) -> None:
        """Write them if it is time; a disk that is full keeps the last ones."""
        now = time.monotonic()
        if now - self._written >= EVERY_S:
            self._written = now
            self._trace.update({"so_far": {"at_ns": boot_ns(), **self._count()}})
