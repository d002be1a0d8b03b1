"""Fds looked at per call, against how many there are."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.claims.pick import calls_of, phases_of
from analysis.frames import Trace
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from tracer.say import shown


def _mux_looks(trace: Trace) -> pd.DataFrame:
    """Return model, fds, looks (of one pass) and calls that had them."""
    phases = phases_of(trace, "select", "poll", waker="before")
    calls = calls_of(trace, phases, "select", "poll")
    looks = calls["fd_polls"] / calls["passes"].clip(lower=1)
    rows = pd.DataFrame({"model": calls["family"], "fds": calls["n"], "looks": looks})
    return rows.value_counts().rename("calls").reset_index()


def _looks_chart(rows: pd.DataFrame) -> alt.Chart:
    models = sorted(rows["model"].unique(), reverse=True)
    return (
        alt.Chart(rows)
        .mark_point(filled=True, size=70)
        .encode(
            x=alt.X("fds:Q", title=shown("fds in the set")),
            y=alt.Y("looks:Q", title=shown("fds looked at per pass")),
            color=model_colour(models),
            shape=model_shape(models),
            tooltip=["model:N", "fds:Q", "looks:Q", "calls:Q"],
        )
    )


MUX_LOOKS = Picture(
    title="Fds looked at in one pass, against fds in the set",
    shows="Each point is a number of calls of select or poll; on the diagonal all were looked at.",
    rows=_mux_looks,
    chart=_looks_chart,
)
