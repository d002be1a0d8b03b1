"""Running totals: for each phase, by kind, a line with points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import altair as alt
import pandas as pd

from analysis.pictures.kinds import SIZE, kind_colour, kind_shape, kinds_in, sized, translated
from analysis.pictures.layers import layered
from tracer.shared.message import localized

APART: Final = (36, 56, 46)
TOGETHER: Final = (56, 200, 24)
"""Sizes of points in square pixels: for separate lines, and for lines that may coincide."""


class Counted(NamedTuple):
    """A column of numbers, and what it counts."""

    column: str
    title: str


def lines_chart(
    rows: pd.DataFrame,
    kinds: Sequence[str],
    x: Counted,
    y: Counted,
    sizes: Sequence[int] = APART,
) -> alt.LayerChart:
    """Return ``rows`` (kind, phase, and the two columns) as lines; the legend fades the others."""
    rows = translated(rows, "kind")
    there = kinds_in(rows, kinds)
    chosen = alt.selection_point(fields=["kind"], bind="legend")
    x_title, y_title = localized(x.title), localized(y.title)
    base = sized(alt.Chart(rows), there, sizes).encode(
        x=alt.X(f"{x.column}:Q", title=x_title, axis=alt.Axis(tickMinStep=1, tickCount=5)),
        y=alt.Y(f"{y.column}:Q", title=y_title, axis=alt.Axis(tickCount=5)),
        color=kind_colour(there),
        detail=alt.Detail("phase:N"),
        opacity=alt.when(chosen).then(alt.value(1)).otherwise(alt.value(0.15)),
        tooltip=[
            alt.Tooltip("kind:N", title=localized("what")),
            alt.Tooltip("phase:N", title=localized("phase")),
            alt.Tooltip(f"{x.column}:Q", title=x_title),
            alt.Tooltip(f"{y.column}:Q", title=y_title, format=".3~g"),
        ],
    )
    points = base.mark_point(filled=True).encode(shape=kind_shape(there), size=SIZE)
    return layered(base.mark_line(), points.add_params(chosen), height=260)
