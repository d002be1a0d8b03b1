"""An open trace of any length: its spools are mapped, and read in windows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

from analysis.trace.fdlines import FdLines, read_fd_lines
from analysis.trace.manifest import Manifest, read_manifest
from analysis.trace.spools import Records, Spool, open_calls, open_steps, open_tasks
from analysis.trace.truth import Truth, read_truth
from analysis.windows import kept as keeping
from analysis.windows.kept import Arrays, increase, kept
from analysis.windows.threads import in_threads
from analysis.windows.window import Window, call_keys
from tracer.shared import fds
from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.records import MANIFEST, SPOOLS, TRUTH, StepKind
from tracer.shared.truthcheck import Marks

WINDOW: Final = 1 << 17
"""Most calls, and most steps, of a window: 16 MiB of calls, 8 MiB of steps, plus what is made of
them.
"""

SPREAD: Final = 1 << 16
"""How many places a step may be away from where its time would put it."""

AT_ONCE: Final = 1 << 15
"""How many calls are searched at a time."""

NEVER_NS: Final = 1 << 64
"""Later than every time that a record can hold."""


class Recorded(Protocol):
    """Anything with an open trace: a Recording itself, and its frames (analysis.frames.Trace)."""

    @property
    def recording(self) -> Recording:
        """The open trace."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A trace with its spools mapped; only what was accessed last is in memory.

    ``marks`` are those of its phases.
    """

    path: Path
    manifest: Manifest
    truth: Truth | None
    calls: Spool
    steps: Spool
    tasks: Spool
    fds: FdLines
    marks: Marks

    @property
    def recording(self) -> Recording:
        """Itself."""
        return self

    @property
    def no_window(self) -> Window:
        """A window without a record."""
        return Window(
            self.manifest, self.marks, self.calls.records[:0], self.steps.records[:0], 0, 0
        )

    @property
    def records(self) -> int:
        """How many calls and steps there are."""
        return len(self.calls.records) + len(self.steps.records)

    @property
    def truncated_bytes(self) -> int:
        """Size of incomplete last records in bytes."""
        if self.manifest.is_live:
            return 0
        return sum(each.truncated_bytes for each in (self.calls, self.steps, self.tasks, self.fds))

    def beginning(self, calls: int) -> Recording:
        """Return the trace's first ``calls``, with all their steps, and some steps more."""
        first = replace(self.calls, records=self.calls.records[:calls])
        return replace(self, calls=first, steps=_until_calls(first, self.steps))

    def windows(self, size: int = WINDOW, steps: int | None = None) -> Iterator[Window]:
        """Yield all calls and steps, at most ``size`` of each at a time, every record once.

        ``steps``: another limit for steps.

        A window has the calls that returned in a stretch of time, and the steps made until then.
        Which window a record near a border is in depends on the order in the spools, which is not
        quite that of time: no result may depend on it.
        """
        try:
            yield from self._windows(size, steps or size)
        except TraceError:
            self._check_kept()
            raise
        self._check_kept()

    def _windows(self, size: int, steps: int) -> Iterator[Window]:
        first_call = first_step = 0
        for end_call, end_step in self.ends(size, steps):
            window = Window(
                manifest=self.manifest,
                marks=self.marks,
                calls=self.calls.records[first_call:end_call],
                steps=self.steps.records[first_step:end_step],
                first_call=first_call,
                first_step=first_step,
            )
            window.transposed["calls"] = self.calls.transposed(first_call, end_call)
            window.transposed["steps"] = self.steps.transposed(first_step, end_step)
            yield window
            window.forget()
            del window
            self.calls.forget(first_call, end_call)
            self.steps.forget(first_step, end_step)
            first_call, first_step = end_call, end_step

    def ends(self, size: int, steps: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield where the calls and the steps of each of ``windows`` end."""
        call = step = 0
        while call < len(self.calls.records) or step < len(self.steps.records):
            call, step = self._ends(call, step, size, steps or size)
            yield call, step

    def windows_of(self, what: Literal["calls", "steps"], size: int) -> Iterator[Window]:
        """Yield windows of only calls or only steps, ``size`` at a time; at least one window."""
        spool = self.calls if what == "calls" else self.steps
        for first in range(0, max(1, len(spool.records)), size):
            end = min(first + size, len(spool.records))
            fields: dict[str, Any] = {what: spool.records[first:end], f"first_{what[:-1]}": first}
            window = replace(self.no_window, **fields)
            window.transposed[what] = spool.transposed(first, end)
            yield window
            window.forget()
            spool.forget(first, end)

    def calls_of(self, keys: npt.NDArray[np.int64], size: int = WINDOW) -> Window:
        """Return all calls that have one of ``keys`` (analysis.windows.window.call_keys).

        This reads every call: for the few whose other half was not where it should be.
        """
        keys = np.unique(keys)
        found = [window[are_in(call_keys(window), keys)] for window in self.calls.windows(size)]
        return self._of(found)

    def calls_made(
        self, keys: npt.NDArray[np.int64], since_ns: npt.NDArray[np.uint64], size: int = AT_ONCE
    ) -> Window:
        """Return the calls with one of ``keys``, each of which returned after its ``since_ns``.

        Each is searched for from that time on, so a few near ones are found quickly even in a long
        trace. Of calls with the same key the first is returned.
        """
        keys, first = np.unique(keys, return_index=True)
        starts = np.maximum(self._returned_after(since_ns[first]) - SPREAD, 0)
        found: list[Records] = []
        place = 0
        while len(keys) and place < len(self.calls.records):
            place = max(place, int(starts.min()))
            window = self.calls.records[place : place + size]
            here = call_keys(window)
            rows = np.flatnonzero(are_in(here, keys[starts < place + size]))
            _, each = np.unique(here[rows], return_index=True)
            found.append(window[np.sort(rows[each])])
            missing = ~np.isin(keys, here[rows])
            keys, starts = keys[missing], starts[missing]
            self.calls.forget(place, min(place + size, len(self.calls.records)))
            place += size
        return self._of(found)

    def _of(self, found: Sequence[Records]) -> Window:
        calls = np.concatenate([self.calls.records[:0], *found])
        return Window(self.manifest, self.marks, calls, self.steps.records[:0], 0, 0)

    def _returned_after(self, times: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Return for each of ``times`` about the place after which calls returned later."""
        returned = self.calls.records["exit_ns"]
        # Calls that never returned (0) come last: they were written at the end.
        unfinished = np.flatnonzero(returned[-SPREAD:] == 0)
        end = len(returned)
        if len(unfinished):
            end += int(unfinished[0]) - min(end, SPREAD)
        return np.array([bisect_right(returned, each, 0, end) for each in times.tolist()], np.int64)

    def _check_kept(self) -> None:
        """Raise TraceError if what was read has meanwhile become a hole, before other errors."""
        if not self.manifest.is_live:
            return
        if read_manifest(self.path / MANIFEST).let_go != self.manifest.let_go:
            raise TraceError(
                message(
                    "{path}: it is still being recorded, and its oldest records were discarded "
                    "while it was being read; read it again",
                    path=self.path,
                )
            )

    def _ends(self, first_call: int, first_step: int, size: int, steps: int) -> tuple[int, int]:
        """Return where a window beginning at these places ends: calls and steps at one time."""
        returned, made = self.calls.records["exit_ns"], self.steps.records["ts_ns"]
        end_call = min(first_call + size, len(returned))
        end_step = min(first_step + steps, len(made))
        last_return = int(returned[end_call - 1]) if end_call < len(returned) else NEVER_NS
        last_step = int(made[end_step - 1]) if end_step < len(made) else NEVER_NS
        if last_return <= last_step:
            return end_call, bisect_right(made, last_return, first_step, end_step)
        return bisect_right(returned, last_step, first_call, end_call), end_step


def open_recording(path: Path | str) -> Recording:
    """Return the trace in the directory ``path``.

    Its calls and steps are checked as they are read: TraceError then.
    An incomplete last record is left out and counted in ``truncated_bytes``. For a trace that is
    still being written, it has the records that its manifest counted last. TraceError: not a trace,
    a file missing or damaged, broken JSON, or a newer schema.
    """
    directory = Path(path)
    _check_directory(directory)
    manifest = read_manifest(directory / MANIFEST)
    if manifest.state == "recording" and not manifest.is_live:  # it may have ended meanwhile
        manifest = read_manifest(directory / MANIFEST)
    calls, steps = open_calls(directory, manifest), open_steps(directory, manifest)
    if manifest.is_live:
        steps = _until_calls(calls, steps)
    tasks = open_tasks(directory, manifest)
    tasks.checked()
    return Recording(
        path=directory,
        manifest=manifest,
        truth=read_truth(directory / TRUTH),
        calls=calls,
        steps=steps,
        tasks=tasks,
        fds=read_fd_lines(directory / fds.FILE, manifest),
        marks=_marks(directory, manifest, steps),
    )


def _until_calls(calls: Spool, steps: Spool) -> Spool:
    """Return the steps up to the return of the last call, and some more.

    A busy program makes many between two drains; their calls are not read yet.
    """
    last_ns = int(calls.records["exit_ns"][-SPREAD:].max(initial=0))
    until = bisect_right(steps.records["ts_ns"], last_ns) + SPREAD
    return replace(steps, records=steps.records[:until])


def are_in(keys: npt.NDArray[np.int64], few: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which of ``keys`` are among ``few``, which are sorted."""
    if not len(few):
        return np.zeros(len(keys), bool)
    there: npt.NDArray[np.bool_] = few[np.minimum(np.searchsorted(few, keys), len(few) - 1)] == keys
    return there


def _marks(directory: Path, manifest: Manifest, steps: Spool) -> Marks:
    """Return the marks of phases among ``steps``, ignoring other steps."""
    if manifest.is_live or len(steps.records) < keeping.LEAST:
        places = _mark_places(steps)
    else:

        def right(found: Arrays) -> bool:
            there = found.get("places", np.zeros(0))
            if not increase(there, len(steps.records)):
                return False
            return bool((steps.records["kind"][there] == StepKind.PHASE).all())

        places = kept(directory, "marks", lambda: {"places": _mark_places(steps)}, right)["places"]
    pairs: list[tuple[int, int]] = []
    for place in places.tolist():
        (mark,) = steps.checked(place, place + 1)
        pairs.append((int(mark["ts_ns"]), int(mark["value"])))
    return Marks.of(pairs)


def _mark_places(steps: Spool) -> npt.NDArray[np.int64]:
    def between(first: int) -> npt.NDArray[np.int64]:
        end = min(first + WINDOW, len(steps.records))
        found = first + np.flatnonzero(steps.records["kind"][first:end] == StepKind.PHASE)
        steps.forget(first, end)
        return found

    found = in_threads(between, range(0, len(steps.records), WINDOW))
    return np.concatenate([np.zeros(0, np.int64), *found])


def _check_directory(directory: Path) -> None:
    if not directory.is_dir():
        if directory.exists():
            raise TraceError(
                message(
                    "{path}: found a file; needed a trace directory (tracer record)", path=directory
                )
            )
        raise TraceError(
            message(
                "{path}: found nothing; needed a trace directory (tracer record)", path=directory
            )
        )
    present = {path.name for path in directory.iterdir()}
    if not present:
        raise TraceError(
            message("{path}: an empty directory; needed a trace: record again", path=directory)
        )
    absent = [name for name in (MANIFEST, SPOOLS["calls"], SPOOLS["steps"]) if name not in present]
    if len(absent) == 3:
        raise TraceError(
            message(
                "{path}: not a trace; needed {absent} in it",
                path=directory,
                absent=", ".join(absent),
            )
        )
    if absent:
        raise TraceError(
            message(
                "{path}: no {absent}; a trace needs it: record again",
                path=directory,
                absent=", ".join(absent),
            )
        )
