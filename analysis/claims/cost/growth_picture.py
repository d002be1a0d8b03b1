"""What one call costs against the number of fds, and the lines through it."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.cost.costs import MODELS, line
from analysis.claims.cost.counted import counted
from analysis.frames import Trace
from analysis.pictures.layers import layered
from analysis.pictures.marks import choosing, fading, number, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from tracer.shared.message import localized

COLUMNS: Final = ["model", "boot", "fds", "cost", "fitted", "slope"]


def _sleeping(*boots: Trace) -> pd.DataFrame:
    """Return the cost of calls that may sleep, with one ready fd in the middle."""
    return _growth(boots, active=1, position="middle", timeout_ms=None)


def _awake(*boots: Trace) -> pd.DataFrame:
    """Return the cost of calls that find nothing and do not sleep."""
    return _growth(boots, active=0, timeout_ms=0)


def _growth(boots: tuple[Trace, ...], **phases: object) -> pd.DataFrame:
    """Return a row per model, boot (from 1) and number of fds, with the line through its boot.

    Columns: COLUMNS; cost and fitted in instructions per call, slope in instructions per fd. A
    model that was not run with 3 numbers of fds is left out; Undecided if all are.
    """
    parts = []
    for boot, costs in enumerate(counted(boots), start=1):
        for model in MODELS:
            try:
                rows = costs.pick(model, "loopback", **phases)
                fit = line(rows)
            except Undecided:
                continue
            fitted = fit.intercept + fit.slope * rows["fds"]
            parts.append(
                rows.assign(boot=boot, cost=rows["wait"], fitted=fitted, slope=round(fit.slope, 6))
            )
    if not parts:
        raise Undecided("no model with 3 numbers of fds: nothing to draw a line through")
    return pd.concat(parts, ignore_index=True)[COLUMNS].dropna()


def _chart(rows: pd.DataFrame) -> alt.LayerChart:
    models = [model for model in MODELS if model in set(rows["model"])]
    base = alt.Chart(rows).encode(
        x=alt.X("fds:Q", title=localized("fds in the set"), axis=alt.Axis(tickCount=5)),
        color=model_colour(models),
    )
    lines = base.mark_line(strokeWidth=1.5).encode(
        y=alt.Y(
            "fitted:Q",
            title=localized("instructions per call"),
            axis=alt.Axis(tickCount=6, format="~s"),
        ),
        detail=alt.Detail("boot:N"),
    )
    points = base.mark_point(size=90, strokeWidth=2).encode(
        y=alt.Y("cost:Q"),
        shape=model_shape(models),
        tooltip=[
            word("model", localized("model")),
            number("fds", localized("fds in the set")),
            number("cost", localized("instructions per call"), ",.0f"),
            number("slope", localized("instructions more per fd"), ",.3~f"),
            number("boot", localized("boot")),
        ],
    )
    return layered(fading(lines), choosing(points), height=300)


MUX_DEGRADES = Picture(
    title="What one call costs, against the fds it is given",
    shows="One fd is ready, in the middle of the set. Each point is the median of the calls of one "
    "boot; a line is fitted through those of each boot: where the boots agree, they coincide.",
    rows=_sleeping,
    chart=_chart,
)
AWAKE_SCAN = Picture(
    title="What one check for events costs, against the fds that are watched",
    shows="Nothing is ready and the timeout is 0, so that no call sleeps. Each point is the median "
    "of the calls of one boot, the lines are fitted through the points of each boot.",
    rows=_awake,
    chart=_chart,
)
