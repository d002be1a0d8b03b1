"""The numbers behind a verdict as bars: for claims that have no picture of their own."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.pictures.kinds import COLOURS, INK, translated
from analysis.pictures.layers import layered
from analysis.pictures.picture import Picture
from analysis.terminal.tables import cell
from analysis.verdicts.engine import Verdict
from tracer.shared.message import localized

STEP_PX: Final = 46
ALL: Final = 100


def evidence_rows(verdict: Verdict) -> pd.DataFrame:
    """Return a row per known number of ``verdict``: line (from 1), metric, value, unit, percent.

    ``percent``: of the largest absolute number in the same unit; NA if it is the only one in its
    unit. Raises Undecided if no number is known.
    """
    known = [(e.metric, float(e.value), e.unit) for e in verdict.evidence if e.value is not None]
    rows = pd.DataFrame(known, columns=["metric", "value", "unit"]).dropna(subset="value")
    if rows.empty:
        raise Undecided("the verdict has no numbers")
    sizes = rows["value"].abs()
    units = sizes.groupby(rows["unit"])
    greatest = units.transform("max")
    percent = ALL * sizes / greatest.where(greatest > 0, 1)
    alone = units.transform("size") == 1
    return rows.assign(percent=percent.mask(alone), line=range(1, len(rows) + 1))


def _evidence_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "metric", "unit")
    rows = rows.assign(label=[f"{cell(value)} {unit}".rstrip() for value, unit in _numbers(rows)])
    base = alt.Chart(rows).encode(
        y=alt.Y("line:O", axis=None),
        tooltip=[
            alt.Tooltip("metric:N", title=localized("metric")),
            alt.Tooltip("label:N", title=localized("value")),
            alt.Tooltip(
                "percent:Q", title=localized("of the greatest in its unit, %"), format=".3~g"
            ),
        ],
    )
    title = localized("of the greatest in its unit, %")
    axis = alt.Axis(values=[0, 25, 50, 75, 100], grid=False)
    scale = alt.Scale(domain=[0, 100])
    units = list(dict.fromkeys(rows["unit"]))
    colours = alt.Scale(domain=units, range=list(COLOURS))
    compared = base.transform_filter(alt.expr.isValid(alt.datum.percent))
    whole = compared.mark_bar(color=INK, opacity=0.1, height=12, yOffset=9)
    bars = compared.mark_bar(height=12, yOffset=9)
    words = base.mark_text(align="left", color=INK, dy=-9, fontSize=12)
    numbers = base.mark_text(align="right", color=INK, dy=-9, fontSize=12, fontWeight="bold")
    return layered(
        whole.encode(x=alt.datum(ALL)),
        bars.encode(
            x=alt.X("percent:Q", title=title, axis=axis, scale=scale),
            color=alt.Color("unit:N", scale=colours, legend=None),
        ),
        words.encode(x=alt.value(0), text=alt.Text("metric:N")),
        numbers.encode(x=alt.value("width"), text=alt.Text("label:N")),
        height=alt.Step(STEP_PX),
    )


def _numbers(rows: pd.DataFrame) -> list[tuple[float, str]]:
    return list(zip(rows["value"], rows["unit"], strict=True))


EVIDENCE = Picture(
    title="The numbers behind the verdict",
    shows="A bar shows a number as a share of the greatest in the same unit; each unit has its "
    "own colour, and a number alone in its unit has no bar.",
    rows=evidence_rows,
    chart=_evidence_chart,
)
"""For a claim without a picture: its ``rows`` takes the claim's Verdict, not traces.

``vega_lite(EVIDENCE, {release: EVIDENCE.rows(verdict), ...})``; kernels whose verdict has no
numbers (Undecided is raised) are left out.
"""
