"""Colours and shapes that mean the same in every picture, and axes with units.

Colours are CSS variables (``--model-1`` …) that the page defines for light, dark and paper; the
palette suits colour-blind readers, and shapes repeat what colours say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt

from tracer.shared.message import localized

MODELS: Final = ("select", "poll", "epoll", "blocking", "nonblocking", "other")
SHAPES: Final = ("square", "triangle-up", "circle", "diamond", "cross", "triangle-down")


def _of(models: Sequence[str], values: Sequence[str]) -> list[str]:
    return [values[MODELS.index(m) if m in MODELS else len(MODELS) - 1] for m in models]


def model_colour(models: Sequence[str], field: str = "model", title: str = "") -> alt.Color:
    """Return the colour for ``field``, which has ``models``; those not in MODELS are "other"."""
    names = tuple(f"var(--model-{number})" for number in range(1, len(MODELS) + 1))
    return alt.Color(
        f"{field}:N",
        title=localized(title) or None,
        scale=alt.Scale(domain=list(models), range=_of(models, names)),
    )


def model_shape(models: Sequence[str], field: str = "model", title: str = "") -> alt.Shape:
    """Return the shape for ``field``: it repeats the colour, so they share a legend."""
    return alt.Shape(
        f"{field}:N",
        title=localized(title) or None,
        scale=alt.Scale(domain=list(models), range=_of(models, SHAPES)),
    )
