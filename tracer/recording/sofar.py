"""What is known about a recording while it runs: for its readers, and in case it is killed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final

from tracer.recording.tracedir import TraceDirectory
from tracer.shared.clock import boot_ns

EVERY_S: Final = 1.0


class SoFar:
    """Writes the counts so far to the manifest, once a second, with the time they hold for."""

    def __init__(self, trace: TraceDirectory, count: Callable[[], dict[str, Any]]) -> None:
        """Begin; ``count`` returns what else is in the manifest's ``so_far``."""
        self._trace, self._count = trace, count
        self._written = -math.inf

    def refresh(self) -> None:
        """Write them if it is time; if the disk is full, the last ones stay."""
        now = time.monotonic()
        if now - self._written >= EVERY_S:
            self._written = now
            self._trace.update({"so_far": {"at_ns": boot_ns(), **self._count()}})
