"""What is looked at while a command is recorded: signals, the deadline, the clock."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from tracer.shared.ending import ENDING, is_let_through
from tracer.shared.say import say

Progress = Callable[[str], None]

_LOOK_S: Final = 1.0


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Collect the signals of `ENDING` instead of dying of them."""
    seen: list[int] = []
    with on_ending(lambda received, _: seen.append(received)):
        yield seen


@contextmanager
def on_ending(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Have ``handler`` called for the signals of `ENDING` while the block lasts."""
    before = {
        number: signal.signal(number, handler) for number in ENDING if not is_let_through(number)
    }
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


class Watch:
    """What is looked at about once a second while a command runs."""

    def __init__(
        self,
        progress: Progress | None,
        deadline_s: float | None,
        asked_to_stop: Callable[[], bool],
    ) -> None:
        """Begin now; see :meth:`tracer.recording.recorder.Recorder.record`."""
        self._progress = progress
        self._deadline_s = deadline_s
        self._asked_to_stop = asked_to_stop
        self._began = self._last = time.monotonic()
        self._total = 0

    def says_stop(self, drained: int) -> bool:
        """Count drained records; tell whether the command is to be stopped."""
        self._total += drained
        now = time.monotonic()
        if now - self._last < _LOOK_S:
            return False
        self._last = now
        if self._progress:
            seconds = now - self._began
            self._progress(
                say("{seconds:.0f} s: {records:,} records", seconds=seconds, records=self._total)
            )
        late = self._deadline_s is not None and now - self._began > self._deadline_s
        return late or self._asked_to_stop()
