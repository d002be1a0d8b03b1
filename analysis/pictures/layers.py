"""Layers of one view."""

from __future__ import annotations

import altair as alt


def layered(*charts: alt.Chart, height: float | alt.Step) -> alt.LayerChart:
    """Return ``charts`` on top of each other, the last in front, ``height`` pixels high."""
    return alt.LayerChart(layer=list(charts)).properties(height=height)
