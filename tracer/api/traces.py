"""A trace as an object: its frames, what they mean, and how it shows itself in a notebook."""

from __future__ import annotations

from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Final

import pandas as pd

from analysis import frames
from analysis.checks.digest import digest_of
from analysis.checks.trust import common_doubts
from analysis.export import columns
from analysis.metrics import summary
from analysis.page.notebook import timeline_frame, trace_fragment
from analysis.page.timeline_page import timeline_page
from analysis.page.trace import trace_html
from analysis.report.text import report
from analysis.terminal.tables import terminal_width
from analysis.timeline import Wanted, timeline_of
from analysis.timeline import timeline as timelines
from analysis.timeline.text import timeline_table
from analysis.trace.manifest import Manifest
from tracer.shared.errors import unknown_name
from tracer.shared.message import localized

COLUMNS: Final = {"calls": columns.CALLS, "steps": columns.STEPS}


class Trace:
    """A recorded run.

    ``path``: its directory. ``manifest``: kernel, command, plan, losses (docs/design.md).
    ``calls``: one row per system call, in order of return. ``steps``: one row per step, in ring
    order; next to none where ``detail`` is "calls". ``tasks``: one row per traced task, from
    joining to end.
    """

    def __init__(self, trace: frames.Trace) -> None:
        """Wrap frames read by analysis.frames."""
        self._trace = trace
        self.path: Path = trace.path
        self.manifest: Manifest = trace.manifest
        self.calls: pd.DataFrame = trace.calls
        self.steps: pd.DataFrame = trace.steps
        self.tasks: pd.DataFrame = trace.tasks

    @property
    def metrics(self) -> pd.DataFrame:
        """One row per phase and family of calls.

        ``calls``, ``unfinished``, ``slept`` count calls; ``fd_polls`` … ``bytes_out`` are sums of
        the columns of ``calls``; ``wall_ns_median``, ``kernel_ns_mean`` … are ns per finished call.
        """
        return summary(digest_of(self._trace).totals)

    @property
    def doubts(self) -> list[str]:
        """Reasons to doubt it: what was lost, what does not balance. Empty: there are none."""
        return [localized(text) for text in common_doubts(self._trace)]

    @staticmethod
    def columns(of: str) -> pd.DataFrame:
        """Return name, type, unit and meaning of the columns of "calls" or "steps".

        UsageError: ``of`` is something else.
        """
        if of not in COLUMNS:
            raise unknown_name("frame", of, COLUMNS)
        return pd.DataFrame([asdict(column) for column in COLUMNS[of]]).set_index("name")

    def timeline(
        self,
        phase: int | None = None,
        call: tuple[int, int] | None = None,
        *,
        fd: int | str | None = None,
        empty: bool = False,
        slowest: bool = False,
    ) -> Timeline:
        """Return the timeline of one call: the first of ``phase`` that slept and was woken.

        ``fd``: one about that fd, by its number or a part of its name; ``empty``: one that returned
        nothing; ``slowest``: the one that took longest in the kernel. ``call``: (tid, seq) of
        another. TraceError: not recorded with detail "steps", or it has no call. UsageError: no
        call is like that.
        """
        about = None if fd is None else str(fd)
        wanted = Wanted(phase=phase, fd=about, empty=empty, slowest=slowest)
        return Timeline(timeline_of(self._trace, wanted, call))

    def html(self) -> str:
        """Return the page of ``tracer report --html``: one file that needs nothing else."""
        return trace_html(self._trace)

    def __str__(self) -> str:
        """Return what ``tracer report`` prints."""
        return report(self._trace)

    def __repr__(self) -> str:
        """Return a one-line description."""
        calls, steps = len(self.calls), len(self.steps)
        return f"<Trace {self.path.name}: {self.manifest.release}, {calls} calls, {steps} steps>"

    def _repr_html_(self) -> str:
        return trace_fragment(self._trace)


class Timeline:
    """What waiter and wakers did from the start of a call to its return, side by side."""

    def __init__(self, timeline: timelines.Timeline) -> None:
        """Wrap a timeline made by analysis.timeline."""
        self._timeline = timeline

    @property
    def moments(self) -> pd.DataFrame:
        """One row per moment, in order of time.

        ``after_ns``: ns since the call began. ``side``: "waiter" or "waker"; ``who``: the task.
        ``kind``: call, function, fd_poll, entry, callback, wakeup, switch, copy, signal or user.
        ``kernel``: the kernel's name for it; ``count``: how many steps it stands for; ``words``.
        """
        lanes = self._timeline.lanes
        rows = [
            (each.after_ns, each.side, lanes[each.lane].name, each.kind, each.kernel, each.count,
             localized(each.words))
            for each in self._timeline.moments
        ]  # fmt: skip
        names = ["after_ns", "side", "who", "kind", "kernel", "count", "words"]
        return pd.DataFrame(rows, columns=names)

    def html(self) -> str:
        """Return the page of ``tracer explain --html``."""
        return timeline_page(self._timeline)

    def __str__(self) -> str:
        """Return what ``tracer explain --plain`` prints."""
        return timeline_table(self._timeline, terminal_width())

    def __repr__(self) -> str:
        """Return a one-line description."""
        return f"<Timeline: {localized(self._timeline.title)}>"

    def _repr_html_(self) -> str:
        return timeline_frame(self._timeline)


def read_trace(path: str | PathLike[str]) -> Trace:
    """Return the trace in the directory ``path``; see `tracer.read`."""
    return Trace(frames.read_trace(Path(path)))
