"""Bytes that epoll copies: against the fds watched, and into the program's buffer."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.epoll_register.copies import LARGE
from analysis.claims.epoll_register.memory import canaries_of, event_bytes
from analysis.frames import Trace
from analysis.pictures.kinds import (
    SIZE,
    kind_colour,
    kind_dash,
    kind_shape,
    kinds_in,
    sized,
    translated,
)
from analysis.pictures.layers import layered
from analysis.pictures.picture import Picture
from analysis.verdicts.pick import calls_of, phases_of
from analysis.verdicts.steps import added
from tracer.shared.message import localized, message

ADD_IN, WAIT_IN = message("in, at ADD"), message("in, at wait")
WAIT_OUT = message("out, at wait")
THE_SET = message("all fds of the set")
BEFORE, BY_CALL = message("before epoll_wait"), message("by epoll_wait")
OUTSIDE, PER_EVENT = message("outside of the events"), message("a structure per event")
FROM_ZERO = alt.Scale(zero=True)
SIZES = (80, 260, 40)
TICKS = (0, 100, 1000, 10_000)


def _ctl_bytes(trace: Trace) -> pd.DataFrame:
    """Return kind, fds, bytes and calls of ADDs and waits, and the size of struct epoll_event."""
    return _bytes(trace, (ADD_IN, WAIT_IN))


def _wait_bytes(trace: Trace) -> pd.DataFrame:
    """Return the same of waits alone, with the bytes that went out where they were seen."""
    return _bytes(trace, (WAIT_IN, WAIT_OUT))


def _bytes(trace: Trace, wanted: Sequence[str]) -> pd.DataFrame:
    phases = [phase for phase in phases_of(trace, "epoll") if len(phase.fds) >= LARGE]
    waits = calls_of(trace, phases, "epoll_wait")
    copied: dict[str, pd.DataFrame] = {
        ADD_IN: added(calls_of(trace, phases, "epoll_ctl"))[["n", "bytes_in"]],
        WAIT_IN: waits[["n", "bytes_in"]],
        WAIT_OUT: waits[["n", "bytes_out"]],
    }
    parts = [
        copied[kind].set_axis(["fds", "bytes"], axis=1).dropna().assign(kind=kind)
        for kind in wanted
    ]
    rows = pd.concat(parts, ignore_index=True).astype({"bytes": "int64"})
    if rows.empty:
        raise Undecided("no copy of epoll was seen")
    counts = rows[["kind", "fds", "bytes"]].value_counts().rename("calls").reset_index()
    return counts.assign(event_bytes=event_bytes(trace))


def _bytes_chart(rows: pd.DataFrame) -> alt.LayerChart:
    sizes = rows[["kernel", "fds", "event_bytes"]].drop_duplicates()
    formula = sizes.assign(kind=THE_SET, bytes=sizes["event_bytes"] * sizes["fds"])
    return _against(
        pd.concat([rows, formula], ignore_index=True),
        kinds=(ADD_IN, WAIT_IN, WAIT_OUT, THE_SET),
        x=alt.X(
            "fds:Q", title=localized("fds watched"), axis=alt.Axis(tickCount=5), scale=FROM_ZERO
        ),
        y=alt.Y(
            "bytes:Q",
            title=localized("bytes per call"),
            axis=alt.Axis(values=sorted({*TICKS, *map(int, rows["event_bytes"])})),
            scale=alt.Scale(type="symlog", constant=4),
        ),
        numbers=[
            alt.Tooltip("fds:Q", title=localized("fds watched")),
            alt.Tooltip("bytes:Q", title=localized("bytes per call"), format=","),
            alt.Tooltip("calls:Q", title=localized("calls")),
        ],
    )


def _canaries(trace: Trace) -> pd.DataFrame:
    """Return kind, events, bytes and buffers: what changed in buffers given to epoll_wait, when.

    And the size of struct epoll_event.
    """
    phases = phases_of(trace, "epoll-memory")
    columns = {
        "changed_before_wait": BEFORE,
        "canary_bytes_changed": BY_CALL,
        "canary_changed_outside": OUTSIDE,
    }
    rows = [
        {"kind": kind, "events": int(row["events_returned"]), "bytes": int(row[column])}
        for phase in phases
        for row in canaries_of(phase)
        for column, kind in columns.items()
    ]
    counts = pd.DataFrame(rows).value_counts().rename("buffers").reset_index()
    return counts.assign(event_bytes=event_bytes(trace))


def _canary_chart(rows: pd.DataFrame) -> alt.LayerChart:
    sizes = rows[["kernel", "events", "event_bytes"]].drop_duplicates()
    formula = sizes.assign(kind=PER_EVENT, bytes=sizes["event_bytes"] * sizes["events"])
    return _against(
        pd.concat([rows, formula], ignore_index=True),
        kinds=(BY_CALL, BEFORE, OUTSIDE, PER_EVENT),
        x=alt.X(
            "events:Q",
            title=localized("events returned"),
            axis=alt.Axis(tickMinStep=1),
            scale=FROM_ZERO,
        ),
        y=alt.Y("bytes:Q", title=localized("bytes of the buffer"), axis=alt.Axis(tickCount=5)),
        numbers=[
            alt.Tooltip("events:Q", title=localized("events returned")),
            alt.Tooltip("bytes:Q", title=localized("bytes of the buffer"), format=","),
            alt.Tooltip("buffers:Q", title=localized("buffers")),
        ],
    )


def _against(
    rows: pd.DataFrame, kinds: Sequence[str], x: alt.X, y: alt.Y, numbers: Sequence[alt.Tooltip]
) -> alt.LayerChart:
    """Return points of the first ``kinds``, and the last, a formula, as a dashed line."""
    rows = translated(rows, "kind")
    formula = localized(kinds[-1])
    there = kinds_in(rows, kinds)
    base = sized(alt.Chart(rows), there, SIZES).encode(x=x, y=y, color=kind_colour(there, formula))
    line = base.mark_line().encode(strokeDash=kind_dash(there, formula))
    flat = base.mark_line(opacity=1, strokeWidth=1)
    points = base.mark_point(filled=True, opacity=1).encode(
        shape=kind_shape(there, formula),
        size=SIZE,
        tooltip=[alt.Tooltip("kind:N", title=localized("what")), *numbers],
    )
    return layered(
        line.transform_filter(alt.datum.kind == formula),
        flat.transform_filter(
            alt.FieldOneOfPredicate("kind", [localized(ADD_IN), localized(WAIT_IN)])
        ),
        points.transform_filter(alt.datum.kind != formula),
        height=260,
    )


CTL_BYTES = Picture(
    title="Bytes that epoll copies in per call, against fds watched",
    shows="The dashed line is what a call would copy that takes all the fds of the set in; ADD is "
    "EPOLL_CTL_ADD. The scale is close to logarithmic, and has a zero.",
    rows=_ctl_bytes,
    chart=_bytes_chart,
)
WAIT_BYTES = Picture(
    title="Bytes in and out per epoll_wait, against fds watched",
    shows="The dashed line is what a call would copy that takes all the fds of the set in. The "
    "scale is close to logarithmic, and has a zero.",
    rows=_wait_bytes,
    chart=_bytes_chart,
)
CANARIES = Picture(
    title="Bytes of the program's buffer that changed, against events returned",
    shows="Memory that is shared would change before epoll_wait; the dashed line is one event "
    "structure copied for each event.",
    rows=_canaries,
    chart=_canary_chart,
)
