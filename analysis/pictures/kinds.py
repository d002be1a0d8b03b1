"""Colours, shapes and dashes for kinds of things within one picture, other than models.

A picture's kinds are texts in a fixed order; the same kind looks the same on every kernel. The
colours are those of the models, in another order. A reference, which a formula gives and nobody
measured, is dashed and has the colour of the text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from tracer.shared.message import localized

COLOURS: Final = tuple(f"var(--model-{number})" for number in (3, 2, 1, 4, 5))
SHAPES: Final = ("circle", "triangle-up", "square", "diamond", "cross")
INK: Final = "var(--ink)"
SOLID: Final = (1, 0)
DASHED: Final = (5, 4)


def translated(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return ``rows`` with the texts of ``columns`` in the language in use."""
    return rows.assign(**{column: rows[column].map(localized) for column in columns})


def kinds_in(rows: pd.DataFrame, kinds: Sequence[str], column: str = "kind") -> list[str]:
    """Return those of ``kinds``, translated, that translated ``rows`` have, in order."""
    there = set(rows[column])
    return [kind for kind in map(localized, kinds) if kind in there]


def kind_colour(kinds: Sequence[str], reference: str = "", column: str = "kind") -> alt.Color:
    """Return the colour of ``kinds``; ``reference`` is the one that was not measured."""
    return alt.Color(f"{column}:N", title=None, scale=_scale(kinds, COLOURS, reference, INK))


def kind_shape(kinds: Sequence[str], reference: str = "", column: str = "kind") -> alt.Shape:
    """Return the shape of ``kinds``; the reference has a stroke for a shape."""
    return alt.Shape(f"{column}:N", title=None, scale=_scale(kinds, SHAPES, reference, "stroke"))


def kind_dash(kinds: Sequence[str], reference: str = "", column: str = "kind") -> alt.StrokeDash:
    """Return the dash of ``kinds``: none, except for the reference."""
    dashes = [SOLID] * len(COLOURS)
    scale = _scale(kinds, dashes, reference, DASHED)
    return alt.StrokeDash(f"{column}:N", title=None, scale=scale)


SIZE: Final = alt.Size("size:Q", scale=None, legend=None)
"""The size that ``sized`` gives. A size by kind itself would take the kinds' legend away."""


def sized(
    chart: alt.Chart, kinds: Sequence[str], sizes: Sequence[int], column: str = "kind"
) -> alt.Chart:
    """Return ``chart`` with ``size``, square pixels by kind, so that coinciding marks are seen."""
    place = f"indexof({json.dumps(list(kinds))}, datum.{column})"
    return chart.transform_calculate(size=f"{json.dumps(list(sizes))}[{place}]")


def _scale(kinds: Sequence[str], styles: Sequence[Any], reference: str, its: Any) -> alt.Scale:
    """Return a scale for ``kinds``; their place among all decides how they look."""
    known = [kind for kind in kinds if kind != reference]
    assert len(known) <= len(styles), "more kinds than styles"
    by_kind = {**dict(zip(known, styles, strict=False)), reference: its}
    return alt.Scale(domain=list(kinds), range=[by_kind[kind] for kind in kinds])
