"""Says what is being done, as long as it takes, so that nobody takes it for dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from tracer.say import say

EVERY_S: Final = 2.0


class Heartbeat:
    """While the block lasts, every ``every_s`` seconds ``say`` is told what is being done."""

    def __init__(self, say: Callable[[str], None], every_s: float = EVERY_S) -> None:
        self._say = say
        self._every_s = every_s
        self._doing = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def now(self, doing: str) -> None:
        """Set what is being done from now on."""
        self._doing = doing

    def __enter__(self) -> Self:
        self._began_s = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(self._every_s):
            seconds = time.monotonic() - self._began_s
            self._say(say("{doing} ({seconds:.0f} s)", doing=self._doing, seconds=seconds))
