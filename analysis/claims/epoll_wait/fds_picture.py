"""What epoll does with each fd: polls against what is on the list, callbacks fd by fd."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.epoll_wait.callbacks import callbacks_per_fd
from analysis.claims.epoll_wait.ready_list import polls_of
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
from analysis.verdicts.pick import phases_of
from tracer.shared.message import localized, message

SLEPT, AWAKE = message("it slept"), message("it did not sleep")
ONE_EACH, ALL_FDS = message("one poll per item"), message("all fds watched")
WHOLE = alt.Axis(tickMinStep=1)
SIZES = (320, 110)
ACTIVE, IDLE = message("active fds"), message("idle fds")


def _list_polls(trace: Trace) -> pd.DataFrame:
    """Return kind, fds, items (on the list) fd_polls of epoll_waits, and calls so."""
    phases = phases_of(trace, "epoll", trigger="level")
    waits = pd.concat([polls_of(trace, phase) for phase in phases], ignore_index=True)
    kinds = (waits["sleep_calls"] > 0).map({True: SLEPT, False: AWAKE})
    rows = pd.DataFrame(
        {"kind": kinds, "fds": waits["n"], "items": waits["items"], "fd_polls": waits["fd_polls"]}
    )
    return rows.value_counts().rename("calls").reset_index()


def _list_chart(rows: pd.DataFrame) -> alt.LayerChart:
    most = max(int(rows["items"].max()), 1)
    ends = [{"kind": ONE_EACH, "items": each, "fd_polls": each} for each in (0, most)]
    line = pd.DataFrame(ends).merge(pd.DataFrame({"kernel": rows["kernel"].unique()}), how="cross")
    rows = translated(pd.concat([rows, line], ignore_index=True), "kind")
    kinds = kinds_in(rows, (AWAKE, SLEPT, ONE_EACH))
    one_each = localized(ONE_EACH)
    base = sized(alt.Chart(rows), kinds, SIZES).encode(
        x=alt.X("items:Q", title=localized("items on the ready list"), axis=WHOLE),
        y=alt.Y("fd_polls:Q", title=localized("polls of fds per call"), axis=WHOLE),
        color=kind_colour(kinds, one_each),
    )
    reference = base.mark_line().encode(strokeDash=kind_dash(kinds, one_each))
    points = base.mark_point(filled=True, opacity=1).encode(
        shape=kind_shape(kinds, one_each),
        size=SIZE,
        tooltip=[
            alt.Tooltip("kind:N", title=localized("what")),
            alt.Tooltip("fds:Q", title=localized("fds watched")),
            alt.Tooltip("items:Q", title=localized("items on the ready list")),
            alt.Tooltip("fd_polls:Q", title=localized("polls of fds per call")),
            alt.Tooltip("calls:Q", title=localized("calls")),
        ],
    )
    return layered(
        reference.transform_filter(alt.datum.kind == one_each),
        points.transform_filter(alt.datum.kind != one_each),
        height=260,
    )


def _fd_callbacks(trace: Trace) -> pd.DataFrame:
    """Return a row per watched fd: kind, phase, place in its set from 1, callbacks."""
    phases = [phase for phase in phases_of(trace, "epoll") if phase.idle and phase.active]
    if not phases:
        raise Undecided("no epoll phase with both active and idle fds")
    parts = [callbacks_per_fd(trace, phase).assign(phase=phase.name) for phase in phases]
    fds = pd.concat([part.assign(place=range(1, len(part) + 1)) for part in parts])
    kinds = fds["active"].map({True: ACTIVE, False: IDLE})
    return fds.assign(kind=kinds)[["kind", "phase", "place", "callbacks"]].reset_index(drop=True)


def _fd_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "kind")
    kinds = kinds_in(rows, (ACTIVE, IDLE))
    base = alt.Chart(rows).encode(
        x=alt.X(
            "place:Q", title=localized("place of the fd in its set"), axis=alt.Axis(tickCount=5)
        ),
        y=alt.Y("callbacks:Q", title=localized("callbacks it ran"), axis=alt.Axis(tickCount=5)),
        color=kind_colour(kinds),
        tooltip=[
            alt.Tooltip("kind:N", title=localized("what")),
            alt.Tooltip("phase:N", title=localized("phase")),
            alt.Tooltip("place:Q", title=localized("place of the fd in its set")),
            alt.Tooltip("callbacks:Q", title=localized("callbacks it ran")),
        ],
    )
    points = base.mark_point(filled=True, size=40, opacity=1).encode(shape=kind_shape(kinds))
    return layered(base.mark_rule(opacity=1), points, height=240)


LIST_POLLS = Picture(
    title="Fds that epoll_wait polls, against items on its ready list",
    shows="Each point is a number of epoll_waits; on the dashed line each item of the list was "
    "polled once.",
    rows=_list_polls,
    chart=_list_chart,
)
FD_CALLBACKS = Picture(
    title="Callbacks of each watched fd",
    shows="Each point is an fd at its place in its set; idle fds are those that nobody made ready.",
    rows=_fd_callbacks,
    chart=_fd_chart,
)
