"""Entries queued by io_uring's oneshot and multishot polls until each callback."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.async_io.requests import accepted_phases
from analysis.claims.async_io.uring import CALLBACK as URING_CALLBACK
from analysis.frames import Trace
from analysis.pictures.lines import Counted, lines_chart
from analysis.pictures.picture import Picture
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.steps import of_phase, queued
from tracer.shared.message import message
from tracer.shared.records import StepKind

ONESHOT, MULTISHOT = message("oneshot polls"), message("multishot polls")
SHOTS = (ONESHOT, MULTISHOT)


def _per_shot(trace: Trace, own: str) -> pd.DataFrame:
    """Return the entries queued until each callback ran, for oneshot and multishot polls.

    Columns: kind, phase, callbacks, entries. The other shot is left out if the kernel refused it;
    Undecided is raised if it refused ``own``.
    """
    rows: list[dict[str, object]] = []
    for kind, shot in ((ONESHOT, "oneshot"), (MULTISHOT, "multishot")):
        try:
            phases = accepted_phases(trace, "io-uring", shot=shot)
        except Undecided:
            if shot == own:
                raise
            continue
        rows += [row for phase in phases for row in _shots(trace, phase, kind)]
    if not rows:
        raise Undecided("no callback of a poll of io_uring ran")
    return pd.DataFrame(rows)


def _shots(trace: Trace, phase: PhaseTruth, kind: str) -> list[dict[str, object]]:
    entries = queued(trace, phase, "io_uring_enter")
    ran = of_phase(trace, phase, StepKind.CALLBACK)
    ran = ran[(ran["hook_name"] == URING_CALLBACK) & ran["entry"].isin(entries["entry"])]
    return [
        {
            "kind": kind,
            "phase": phase.name,
            "callbacks": number,
            "entries": int((entries["ts_ns"] <= ts_ns).sum()),
        }
        for number, ts_ns in enumerate(ran["ts_ns"], start=1)
    ]


def _shots_chart(rows: pd.DataFrame) -> alt.LayerChart:
    x = Counted("callbacks", message("callbacks so far"))
    return lines_chart(rows, SHOTS, x, Counted("entries", message("entries queued so far")))


def _oneshot(trace: Trace) -> pd.DataFrame:
    return _per_shot(trace, "oneshot")


def _multishot(trace: Trace) -> pd.DataFrame:
    return _per_shot(trace, "multishot")


URING_ONESHOT = Picture(
    title="Entries queued by oneshot polls of io_uring, against callbacks",
    shows="A rising line queues a new entry for each event; a flat one keeps what it has.",
    rows=_oneshot,
    chart=_shots_chart,
)
URING_MULTISHOT = Picture(
    title="Entries queued by multishot polls of io_uring, against callbacks",
    shows="A rising line queues a new entry for each event; a flat one keeps what it has.",
    rows=_multishot,
    chart=_shots_chart,
)
