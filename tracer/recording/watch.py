"""What is watched while a command is recorded: the deadline, the clock."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from typing import Final

from tracer.shared.message import joined, message

Progress = Callable[[str], None]

_CHECK_S: Final = 1.0


class End(enum.Enum):
    """Why a recording ended."""

    ENDED = "ended"
    """The recorded program is over."""
    CTRL_C = "ctrl-c"
    DURATION = "duration"
    """--duration is over."""
    CLIENT = "client"
    """The load generator has ended."""
    DEADLINE = "deadline"
    SIGNAL = "signal"
    """A signal other than that of Ctrl-C."""


WELL: Final = frozenset((End.ENDED, End.CTRL_C, End.DURATION, End.CLIENT))
"""Ends by which a recording of a user's program is complete."""


class Watch:
    """What is checked about once a second while a command runs."""

    def __init__(
        self,
        progress: Progress | None,
        deadline_s: float | None,
        asked_to_stop: Callable[[], bool],
        duration_s: float | None = None,
    ) -> None:
        """Begin now; see :meth:`tracer.recording.recorder.Recorder.record`."""
        self._progress = progress
        self._deadline_s, self._duration_s = deadline_s, duration_s
        self._asked_to_stop = asked_to_stop
        self._began = self._last = time.monotonic()
        self._total = 0

    def why_stop(self, drained: int, remark: Callable[[], str] = str) -> End | None:
        """Count drained records; return why the recording is to end, None if it is not.

        ``remark`` returns what to say beside the count.
        """
        self._total += drained
        now = time.monotonic()
        if self._duration_s is not None and now - self._began >= self._duration_s:
            return End.DURATION
        if now - self._last < _CHECK_S:
            return None
        self._last = now
        if self._progress:
            self._progress(joined("; ", filter(None, (self._count(now), remark()))))
        if self._deadline_s is not None and now - self._began > self._deadline_s:
            return End.DEADLINE
        return End.CTRL_C if self._asked_to_stop() else None

    def _count(self, now: float) -> str:
        return message(
            "{seconds:.0f} s: {records:,} records",
            seconds=now - self._began,
            records=self._total,
        )
