"""Entries queued so far, wait by wait and event by event: once, or again and again."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.pictures.lines import TOGETHER, Counted, lines_chart
from analysis.pictures.picture import Picture
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.pick import calls_of, phases_of
from analysis.verdicts.steps import added, of_phase, queued, waits_of, working_callbacks
from tracer.shared.message import message
from tracer.shared.records import StepKind

EPOLL_WAIT, POLL, SELECT = message("epoll_wait"), message("poll"), message("select")
ENTRIES, CALLBACKS, EVENTS = (
    message("entries on the queue"),
    message("callbacks so far"),
    message("events so far"),
)
MODELS, LIVES = (EPOLL_WAIT, POLL, SELECT), (ENTRIES, CALLBACKS, EVENTS)


def _per_wait(trace: Trace) -> pd.DataFrame:
    """Return the entries queued so far for each watched fd, by waits so far; 0: before the first.

    Columns: kind, phase, waits, per_fd. A phase whose insertions are NA is left out; Undecided
    is raised if all of epoll's are.
    """
    models = ((EPOLL_WAIT, "epoll", "epoll_wait"), (POLL, "poll", "poll"),
              (SELECT, "select", "select"))  # fmt: skip
    parts = [
        _so_far(trace, phase, family).assign(kind=kind, phase=phase.name)
        for kind, model, family in models
        for phase in _phases(trace, model)
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"kind": []})
    if EPOLL_WAIT not in set(rows["kind"]):
        raise Undecided("no phase of epoll whose insertions were seen")
    return rows[["kind", "phase", "waits", "per_fd"]]


def _so_far(trace: Trace, phase: PhaseTruth, family: str) -> pd.DataFrame:
    """Return ``waits`` and ``per_fd`` of one phase; no rows where insertions are NA."""
    calls = calls_of(trace, [phase], family).sort_values("enter_ns")
    counts = pd.Series([_at_start(trace, phase, family), *calls["insertions"]], dtype="Int64")
    if counts.isna().any():
        counts = counts.head(0)
    per_fd = counts.astype("float64").cumsum() / len(phase.fds)
    return pd.DataFrame({"waits": range(len(per_fd)), "per_fd": per_fd})


def _phases(trace: Trace, model: str) -> tuple[PhaseTruth, ...]:
    try:
        return phases_of(trace, model)
    except Undecided:
        return ()


def _at_start(trace: Trace, phase: PhaseTruth, family: str) -> Any:
    """Return the entries that ADDs queued before the first wait; select and poll have no ADD."""
    if family != "epoll_wait":
        return 0
    return added(calls_of(trace, [phase], "epoll_ctl"))["insertions"].sum(skipna=False)


def _per_event(trace: Trace) -> pd.DataFrame:
    """Return for the active fds, after each wait: queued entries, callbacks and events so far.

    Columns: kind, phase, waits, per_fd (the mean of the phase's active fds).
    """
    phases = [phase for phase in phases_of(trace, "epoll") if phase.active]
    rows = [row for phase in phases for row in _driven(trace, phase)]
    if not rows:
        raise Undecided("no phase of model epoll with an active fd")
    return pd.DataFrame(rows)


def _driven(trace: Trace, phase: PhaseTruth) -> list[dict[str, object]]:
    waits = waits_of(trace, phase)
    entries = queued(trace, phase, "epoll_ctl")
    entries = entries[entries["fd"].isin(phase.active)]
    gone = of_phase(trace, phase, StepKind.REMOVAL)
    gone = gone[gone["entry"].isin(entries["entry"])]
    called = working_callbacks(trace, phase)
    called = called[called["entry"].isin(entries["entry"])]
    events = waits["given"].map(len).cumsum()
    rows: list[dict[str, object]] = []
    ends = zip(waits["exit_ns"], events, strict=True)
    for number, (end_ns, returned) in enumerate(ends, start=1):
        counts = {
            ENTRIES: _until(entries, end_ns) - _until(gone, end_ns),
            CALLBACKS: _until(called, end_ns),
            EVENTS: int(returned),
        }
        rows += [
            {"kind": kind, "phase": phase.name, "waits": number, "per_fd": n / len(phase.active)}
            for kind, n in counts.items()
        ]
    return rows


def _until(steps: pd.DataFrame, end_ns: int) -> int:
    return int((steps["ts_ns"] <= end_ns).sum())


def _waits_chart(rows: pd.DataFrame) -> alt.LayerChart:
    x = Counted("waits", message("waits so far"))
    return lines_chart(rows, MODELS, x, Counted("per_fd", message("entries queued per watched fd")))


def _events_chart(rows: pd.DataFrame) -> alt.LayerChart:
    x = Counted("waits", message("epoll_waits so far"))
    y = Counted("per_fd", message("count per active fd"))
    return lines_chart(rows, LIVES, x, y, TOGETHER)


QUEUED = Picture(
    title="Entries queued so far for each watched fd, against waits so far",
    shows="A flat line was queued once for all, before the first wait; a rising line queues an "
    "entry again in each call.",
    rows=_per_wait,
    chart=_waits_chart,
)
DRIVEN = Picture(
    title="The entries of active fds, and what came through them",
    shows="Of each active fd: the entries on its wait queue after each epoll_wait, and the "
    "callbacks and events so far. An entry that stays is a flat line.",
    rows=_per_event,
    chart=_events_chart,
)
