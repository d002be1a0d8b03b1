"""Reports what is being done while it takes long, so that it does not seem to hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Self

from tracer.shared.message import message

EVERY_S: Final = 2.0


class Heartbeat:
    """While the block lasts, reports what is being done whenever nothing else does.

    ``message`` gets it every ``every_s`` seconds after :meth:`now`, with the seconds since.
    """

    def __init__(self, message: Callable[[str], None], every_s: float = EVERY_S) -> None:
        self._say = message
        self._every_s = every_s
        self._news = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self.now("")

    def now(self, doing: str) -> None:
        """Set what is being done from now on; while it is empty nothing is reported."""
        with self._news:
            self._doing, self._since = doing, time.monotonic()
            self._due = self._since + self._every_s
            self._news.notify()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._news:
            self._over = True
            self._news.notify()
        self._thread.join()

    def _beat(self) -> None:
        with self._news:
            while not self._over:
                if (left := self._due - time.monotonic()) > 0:
                    self._news.wait(left)
                    continue
                self._due += self._every_s
                if self._doing:
                    seconds = time.monotonic() - self._since
                    self._say(
                        message("{doing} ({seconds:.0f} s)", doing=self._doing, seconds=seconds)
                    )
