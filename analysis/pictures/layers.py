"""Layers of one view."""

from __future__ import annotations

import altair as alt


def layered(*charts: alt.Chart, height: float | alt.Step) -> alt.LayerChart:
    """Return ``charts`` on top of each other, the last in front, ``height`` pixels high.

    All use one frame, which the layers then share. Altair would find that out by itself, by
    serialising the frame once for each of them.
    """
    data = charts[0].data
    assert all(chart.data is data for chart in charts), "layers of one frame"
    bare = [chart.properties(data=alt.Undefined) for chart in charts]
    return alt.LayerChart(data=data, layer=bare).properties(height=height)
