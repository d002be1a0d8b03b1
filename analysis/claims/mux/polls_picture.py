"""Fds polled per call, against how many there are."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.frames import Trace
from analysis.pictures.kinds import INK
from analysis.pictures.layers import layered
from analysis.pictures.marks import choosing, number, referred, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from analysis.verdicts.pick import calls_of, phases_of
from tracer.shared.message import localized


def _mux_polls(trace: Trace) -> pd.DataFrame:
    """Return model, fds, fd_polls (of one pass) and calls that had them."""
    phases = phases_of(trace, "select", "poll", waker="before")
    calls = calls_of(trace, phases, "select", "poll")
    fd_polls = calls["fd_polls"] / calls["passes"].clip(lower=1)
    rows = pd.DataFrame({"model": calls["family"], "fds": calls["n"], "fd_polls": fd_polls})
    return rows.value_counts().rename("calls").reset_index()


def _polls_chart(rows: pd.DataFrame) -> alt.LayerChart:
    models = sorted(rows["model"].unique(), reverse=True)
    base = alt.Chart(rows).encode(x=alt.X("fds:Q", title=localized("fds in the set")))
    every = referred(base.mark_line(stroke=INK), localized("textbook: every fd, once")).encode(
        y=alt.Y("fds:Q", title=localized("fds polled per pass"))
    )
    points = base.mark_point(size=130, strokeWidth=2).encode(
        y=alt.Y("fd_polls:Q"),
        color=model_colour(models),
        shape=model_shape(models),
        tooltip=[
            word("model", localized("model")),
            number("fds", localized("fds in the set")),
            number("fd_polls", localized("fds polled per pass")),
            number("calls", localized("calls")),
        ],
    )
    return layered(every, choosing(points), height=260)


MUX_POLLS = Picture(
    title="Fds polled in one pass, against fds in the set",
    shows="Each point is a number of calls of select or poll, with the ready fd at several "
    "places; on the dashed line all fds were polled.",
    rows=_mux_polls,
    chart=_polls_chart,
)
