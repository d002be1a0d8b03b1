"""The numbers behind a verdict as bars: for claims that have no picture of their own."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.claims.engine import Undecided, Verdict
from analysis.pictures.kinds import INK, translated
from analysis.pictures.layers import layered
from analysis.pictures.picture import Picture
from analysis.tables import cell
from tracer.say import shown

STEP_PX: Final = 46


def evidence_rows(verdict: Verdict) -> pd.DataFrame:
    """Return a row per known number of ``verdict``: metric, value, unit, percent.

    ``percent``: of the greatest number in the same unit, by size; numbers of different units
    can't be compared. Raises Undecided if no number is known.
    """
    known = [(e.metric, float(e.value), e.unit) for e in verdict.evidence if e.value is not None]
    rows = pd.DataFrame(known, columns=["metric", "value", "unit"]).dropna(subset="value")
    if rows.empty:
        raise Undecided("the verdict has no numbers")
    sizes = rows["value"].abs()
    greatest = sizes.groupby(rows["unit"]).transform("max")
    return rows.assign(percent=(100 * sizes / greatest.where(greatest > 0, 1)))


def _evidence_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "metric", "unit")
    rows = rows.assign(told=[f"{cell(value)} {unit}".rstrip() for value, unit in _numbers(rows)])
    base = alt.Chart(rows).encode(
        y=alt.Y("metric:N", sort=None, axis=None),
        tooltip=[
            alt.Tooltip("metric:N", title=shown("metric")),
            alt.Tooltip("told:N", title=shown("value")),
            alt.Tooltip("percent:Q", title=shown("of the greatest in its unit, %"), format=".3~g"),
        ],
    )
    title = shown("of the greatest in its unit, %")
    axis = alt.Axis(values=[0, 25, 50, 75, 100], grid=False)
    scale = alt.Scale(domain=[0, 100])
    bars = base.mark_bar(height=12, yOffset=9, color="var(--model-3)")
    words = base.mark_text(align="left", color=INK, dy=-9, fontSize=12)
    numbers = base.mark_text(align="right", color=INK, dy=-9, fontSize=12, fontWeight="bold")
    return layered(
        bars.encode(x=alt.X("percent:Q", title=title, axis=axis, scale=scale)),
        words.encode(x=alt.value(0), text="metric:N"),
        numbers.encode(x=alt.value("width"), text="told:N"),
        height=alt.Step(STEP_PX),
    )


def _numbers(rows: pd.DataFrame) -> list[tuple[float, str]]:
    return list(zip(rows["value"], rows["unit"], strict=True))


EVIDENCE = Picture(
    title="The numbers behind the verdict",
    shows="Each bar is a number of the evidence, as long as its part of the greatest number in the "
    "same unit.",
    rows=evidence_rows,
    chart=_evidence_chart,
)
"""For a claim without a picture: its ``rows`` takes the claim's Verdict, not traces.

``vega_lite(EVIDENCE, {release: EVIDENCE.rows(verdict), ...})``; kernels whose verdict has no
numbers (Undecided is raised) are left out.
"""
