"""Shares of a whole: one line each, with a count of the total and a bar of that length.

The text is above its bar, so that bars keep their width on a narrow screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.pictures.kinds import COLOURS, INK, translated
from analysis.pictures.layers import layered
from analysis.pictures.style import model_colour
from tracer.shared.message import localized, message

Line = tuple[str, int, int]
"""What is counted, the part, the whole."""

STEP_PX: Final = 46
ALL: Final = 100


def share_rows(lines: Sequence[Line], model: str = "") -> pd.DataFrame:
    """Return a row per line: ``what``, ``count``, ``of``, ``percent``, ``model`` (may be "").

    Lines with a total of 0 are left out. Raises Undecided if all are.
    """
    known = [(what, part, whole) for what, part, whole in lines if whole]
    if not known:
        raise Undecided("nothing to count shares of")
    rows = pd.DataFrame(known, columns=["what", "count", "of"])
    return rows.assign(percent=ALL * rows["count"] / rows["of"], model=model)


def shares_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Return a bar per line; ``rows`` as from ``share_rows``, with their kernel."""
    rows = translated(rows, "what").assign(label=_labels(rows))
    models = sorted(rows["model"].unique(), reverse=True)
    if len(models) == 1:
        rows = rows.drop(columns="model")
    colour = model_colour(models) if len(models) > 1 else alt.value(COLOURS[0])
    base = alt.Chart(rows).encode(
        y=alt.Y("what:N", sort=None, axis=None),
        tooltip=[
            alt.Tooltip("what:N", title=localized("what")),
            alt.Tooltip("count:Q", title=localized("how many"), format=","),
            alt.Tooltip("of:Q", title=localized("of"), format=","),
            alt.Tooltip("percent:Q", title=localized("share, %"), format=".3~g"),
        ],
    )
    axis = alt.Axis(values=[0, 25, 50, 75, 100], grid=False)
    whole = base.mark_bar(color=INK, opacity=0.1, height=12, yOffset=9).encode(
        x=alt.X("whole:Q", title=localized("share, %"), axis=axis)
    )
    part = base.mark_bar(height=12, yOffset=9).encode(x=alt.X("percent:Q"), color=colour)
    words = base.mark_text(align="left", color=INK, dy=-9, fontSize=12)
    numbers = base.mark_text(align="right", color=INK, dy=-9, fontSize=12, fontWeight="bold")
    return layered(
        whole.transform_calculate(whole=f"max({ALL}, datum.percent)"),
        part,
        words.encode(x=alt.value(0), text=alt.Text("what:N")),
        numbers.encode(x=alt.value("width"), text=alt.Text("label:N")),
        height=alt.Step(STEP_PX),
    )


def _labels(rows: pd.DataFrame) -> list[str]:
    pairs = zip(rows["count"], rows["of"], strict=True)
    return [
        localized(message("{part:,} of {whole:,}", part=part, whole=whole)) for part, whole in pairs
    ]
