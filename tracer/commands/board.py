"""How far ``verify`` has got: one live display in a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from tracer.lab.times import expected_s, remember
from tracer.shared.message import localized, localized_line, message
from tracer.shared.output import to_stderr

PLAIN_BEAT_S: Final = 30.0
"""How often plain lines say that something is still going on."""
LIVE_BEAT_S: Final = 5.0
REFRESHES: Final = 2
"""Per second; few, since a recording may be running beside it."""


@dataclass(frozen=True)
class Row:
    """Experiments recorded one after the other, in one boot of a kernel or on this one."""

    kernel: str
    title: str
    experiments: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key under which its duration is kept."""
        return f"{self.kernel}, {self.title}: {' '.join(self.experiments)}"


class Board:
    """Plain lines, one after the other; a `Row` is a part of the run."""

    beat_s = PLAIN_BEAT_S

    def __init__(self, print_line: Callable[[str], None] = to_stderr) -> None:
        """Have ``print_line`` show lines."""
        self.print_line = print_line
        self._began: dict[Row, float] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(self, *_: object) -> None:
        """Show no more."""

    def begin(self, row: Row) -> None:
        """Note that ``row`` begins now, unless it has begun."""
        with self._lock:
            if row not in self._began:
                self._began[row] = time.monotonic()
                self.show(row, expected_s(row.key))

    def show(self, row: Row, expected: float | None) -> None:
        """Show that ``row`` begins, and in how many seconds it may be expected to end."""
        if expected is not None:
            text = message("about {time}, as before on this machine", time=clock(expected))
            self.show_progress(row, text)

    def show_progress(self, row: Row, line: str) -> None:
        """Show what is being done in ``row``."""
        self.print_line(
            message("{kernel}, {boot}: {line}", kernel=row.kernel, boot=row.title, line=line)
        )

    def finished(self, row: Row, count: int) -> None:
        """Note that ``count`` experiments of ``row`` are recorded."""
        if count == len(row.experiments) and row in self._began:
            with self._lock:
                remember(row.key, time.monotonic() - self._began.pop(row))


class LiveBoard(Board):
    """A line for each row that stays in place; other lines scroll by above."""

    beat_s = LIVE_BEAT_S

    def __init__(self, console: Console) -> None:
        """Show on ``console``."""
        super().__init__()
        self._shown = Progress(
            _Words(), BarColumn(bar_width=12), _Time(), _Doing(), console=console, transient=True,
            expand=True, refresh_per_second=REFRESHES,
        )  # fmt: skip
        self._tasks: dict[Row, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to show."""
        self._shown.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        self._shown.stop()

    def show(self, row: Row, expected: float | None) -> None:
        """Show that ``row`` begins."""
        self._tasks[row] = self._shown.add_task(
            f"{row.kernel}, {row.title}", total=len(row.experiments), doing="", expected=expected
        )

    def show_progress(self, row: Row, line: str) -> None:
        """Show what is being done in ``row``."""
        self.begin(row)
        self._shown.update(self._tasks[row], doing=localized_line(line))

    def finished(self, row: Row, count: int) -> None:
        """Note that ``count`` experiments of ``row`` are recorded."""
        if row in self._tasks:
            self._shown.update(self._tasks[row], completed=count)
        super().finished(row, count)


class _Words(ProgressColumn):
    def render(self, task: Task) -> Text:
        total = int(task.total or 0)
        text = message(
            "{kernel}: experiment {number} of {count}",
            kernel=task.description,
            number=min(int(task.completed) + 1, total),
            count=total,
        )
        return Text(localized(text), no_wrap=True)


class _Time(ProgressColumn):
    def render(self, task: Task) -> Text:
        elapsed = clock(task.elapsed or 0)
        expected = task.fields["expected"]
        if expected is None:
            return Text(elapsed, no_wrap=True)
        text = message("{elapsed} of about {expected}", elapsed=elapsed, expected=clock(expected))
        return Text(localized(text), no_wrap=True)


class _Doing(ProgressColumn):
    def __init__(self) -> None:
        super().__init__(Column(no_wrap=True, overflow="ellipsis", ratio=1))

    def render(self, task: Task) -> Text:
        return Text(task.fields["doing"], style="dim", no_wrap=True, overflow="ellipsis")


def clock(seconds: float) -> str:
    """Return a time in minutes and seconds: 3:07."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def board() -> Board:
    """Return a live display if standard error is a terminal that can show one."""
    live = sys.stderr.isatty() and os.environ.get("TERM") not in (None, "", "dumb")
    return LiveBoard(Console(stderr=True)) if live else Board()
