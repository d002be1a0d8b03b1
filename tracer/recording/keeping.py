"""Keeps the newest part of a long recording: the oldest records are discarded.

Discarded records become a hole in their spool: the file keeps its length, so nothing in it moves,
and the disk space is freed. The manifest says so first. So a recorder that is killed in between
leaves records that nobody reads, never a hole that nobody knows of.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from tracer.recording.tracedir import TraceDirectory
from tracer.shared.clock import boot_ns
from tracer.shared.errors import UsageError
from tracer.shared.message import message
from tracer.shared.records import CALL_CELL, SPOOLS, STEP_CELL

CELLS: Final[Mapping[str, int]] = {"calls": CALL_CELL.size, "steps": STEP_CELL.size}
"""The spools whose records are discarded, and the bytes of a record. Tasks' records are all
kept.
"""

PARTS: Final = 16
"""What is kept is discarded in so many parts, one after the other."""

NS_PER_S: Final = 1_000_000_000


class Newest(NamedTuple):
    """How much is kept: at most so many bytes of calls and steps, at least so much time."""

    size_bytes: int | None = None
    time_s: float | None = None


class _Cut(NamedTuple):
    """How many records there were at ``until_ns``.

    A call that begins later comes after these, with all its steps.
    """

    until_ns: int
    records: Mapping[str, int]

    @property
    def size_bytes(self) -> int:
        return sum(self.records[name] * cell for name, cell in CELLS.items())


class Keeping:
    """Discards a trace's oldest records as newer ones come."""

    def __init__(
        self, trace: TraceDirectory, newest: Newest, now_ns: Callable[[], int] = boot_ns
    ) -> None:
        """Begin with no record.

        UsageError: the file system cannot free a part of a file.
        """
        self._trace, self._newest, self._now_ns = trace, newest, now_ns
        self._discarded = self._last = _Cut(now_ns(), dict.fromkeys(CELLS, 0))
        self._free = self._discarded.records
        self._cuts: deque[_Cut] = deque()
        try:
            for name in CELLS:
                trace.punch(name, 0, 1)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS):
                raise
            raise UsageError(
                message(
                    "{path}: its file system cannot free a part of a file ({why}); record to "
                    "another one (ext4, XFS, Btrfs, tmpfs), or without --max-size and --max-time",
                    path=trace.path,
                    why=os.strerror(error.errno),
                )
            ) from error

    @property
    def discarded(self) -> Mapping[str, int]:
        """How many records were discarded, by spool."""
        return self._discarded.records

    def discard_excess(self, written: Mapping[str, int]) -> None:
        """Discard what is too much, now that so many records are ``written``."""
        now = _Cut(self._now_ns(), {name: written[name] for name in CELLS})
        if self._is_next(now):
            self._cuts.append(now)
            self._last = now
        cut = self._discarded
        while self._cuts and self._is_too_much(now, cut):
            cut = self._cuts.popleft()
        if cut is not self._discarded:
            self._let_go(cut)

    def _is_next(self, now: _Cut) -> bool:
        """Tell whether it is time for another cut."""
        size_bytes, time_s = self._newest
        if now.records == self._last.records:
            return False
        more = now.size_bytes - self._last.size_bytes
        passed_ns = now.until_ns - self._last.until_ns
        return (size_bytes is not None and more * PARTS >= size_bytes) or (
            time_s is not None and passed_ns * PARTS >= time_s * NS_PER_S
        )

    def _is_too_much(self, now: _Cut, cut: _Cut) -> bool:
        """Tell whether the first part of what is kept after ``cut`` is too much."""
        size_bytes, time_s = self._newest
        return (size_bytes is not None and now.size_bytes - cut.size_bytes > size_bytes) or (
            time_s is not None and now.until_ns - self._cuts[0].until_ns >= time_s * NS_PER_S
        )

    def _let_go(self, cut: _Cut) -> None:
        facts: dict[str, Any] = {"let_go": {**cut.records, "until_ns": cut.until_ns}}
        self._discarded = cut
        if not self._trace.update(facts):
            return  # the disk is full: retry with the next part
        free, self._free = self._free, cut.records
        for name, cell in CELLS.items():
            with self._trace.writing(SPOOLS[name]):
                self._trace.punch(name, free[name] * cell, cut.records[name] * cell)
