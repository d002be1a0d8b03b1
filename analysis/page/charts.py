"""Charts in a page: their specs as data, and the words around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.pictures.picture import Picture, vega_lite

Table = dict[str, list[Any]]


@dataclass(frozen=True)
class ChartSlot:
    """A chart's place in a page.

    ``spec`` is Vega-Lite with each of its datasets as columns (a name → its values), which is
    a fraction of the size of rows; None if the chart could not be made: ``failed`` says why.
    ``kernels`` are those it has rows of.
    """

    id: str
    title: str
    shows: str
    kernels: tuple[str, ...]
    spec: dict[str, Any] | None
    failed: str = ""


def chart_slot(name: str, picture: Picture, rows: Mapping[str, pd.DataFrame]) -> ChartSlot:
    """Return the place of ``picture`` with ``rows`` by kernel, called ``name`` in the page."""
    kernels = tuple(rows)
    try:
        spec = vega_lite(picture, rows)
    except Exception as error:  # a picture that fails is told, and the page goes on
        told = f"{type(error).__name__}: {error}"
        return ChartSlot(name, picture.title, picture.shows, kernels, None, told)
    tables = spec.get("datasets", {})
    spec["datasets"] = {key: _columns(table) for key, table in tables.items()}
    return ChartSlot(name, picture.title, picture.shows, kernels, spec)


def _columns(rows: list[dict[str, Any]]) -> Table:
    names = dict.fromkeys(key for row in rows for key in row)
    return {name: [row.get(name) for row in rows] for name in names}
