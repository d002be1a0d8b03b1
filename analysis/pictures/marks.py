"""What several pictures share: dashed references, numbers on hover, a choice of models.

A reference is what a text or a formula says and nobody measured. It is a dashed line, named in the
legend.
"""

from __future__ import annotations

import json
from typing import Final

import altair as alt

from analysis.pictures.kinds import DASHED, INK

ASIDE: Final = "top"
"""Place of a second legend: two side by side leave a narrow page no room."""

LABEL_PX: Final = 320
CHOSEN: Final = "chosen"
FADED: Final = 0.15


def referred(base: alt.Chart, label: str) -> alt.Chart:
    """Return ``base`` with the dash of a reference called ``label``, in the language in use.

    The mark is the caller's; it should have ``stroke=INK``.
    """
    dash = alt.StrokeDash(
        "reference:N",
        title=None,
        scale=alt.Scale(domain=[label], range=[DASHED]),
        legend=alt.Legend(
            orient=ASIDE, symbolType="stroke", symbolStrokeColor=INK, labelLimit=LABEL_PX
        ),
    )
    return base.transform_calculate(reference=json.dumps(label)).encode(strokeDash=dash)


def number(field: str, title: str, form: str = ",") -> alt.Tooltip:
    """Return the number ``field`` for a tooltip, called ``title``."""
    return alt.Tooltip(f"{field}:Q", title=title, format=form)


def word(field: str, title: str) -> alt.Tooltip:
    """Return the text ``field`` for a tooltip, called ``title``."""
    return alt.Tooltip(f"{field}:N", title=title)


def fading(chart: alt.Chart) -> alt.Chart:
    """Return ``chart``, with marks that fade while something else is chosen in the legend.

    In a layered chart one layer must be ``choosing``.
    """
    return chart.encode(opacity=alt.OpacityValue(FADED, condition={"param": CHOSEN, "value": 1}))


def choosing(chart: alt.Chart, field: str = "model") -> alt.Chart:
    """Return ``chart`` fading, with a legend of ``field`` to choose from."""
    return fading(chart).add_params(alt.selection_point(name=CHOSEN, fields=[field], bind="legend"))
