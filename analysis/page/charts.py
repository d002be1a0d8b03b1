"""Charts in a page: their specs as data, and the words around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from analysis.pictures.picture import Picture, vega_lite

VIEW_PX: Final = 260
AXIS_PX: Final = 52
AROUND_PX: Final = 72

Table = dict[str, list[Any]]


@dataclass(frozen=True)
class ChartSlot:
    """A chart's place in a page.

    ``spec`` is Vega-Lite with each of its datasets as columns (a name → its values), which is a
    fraction of the size of rows; None if the chart could not be made: ``failed`` says why.
    ``kernels`` are those with rows. ``height_px`` is about what it needs, so that the page does not
    move as it is drawn, ``view_px`` how much of it could be made lower, 0 if nothing.
    """

    id: str
    title: str
    shows: str
    kernels: tuple[str, ...]
    spec: dict[str, Any] | None
    failed: str = ""
    height_px: int = 0
    view_px: int = 0


def chart_slot(name: str, picture: Picture, rows: Mapping[str, pd.DataFrame]) -> ChartSlot:
    """Return the place of ``picture`` with ``rows`` by kernel, named ``name`` in the page."""
    kernels = tuple(rows)
    try:
        spec = vega_lite(picture, rows)
    except Exception as error:  # a picture that fails is reported, and the page goes on
        problem = f"{type(error).__name__}: {error}"
        return ChartSlot(name, picture.title, picture.shows, kernels, None, problem)
    tables = spec.get("datasets", {})
    height_px, height = _height_px(spec), spec.get("height", VIEW_PX)
    view_px = 0 if isinstance(height, dict) else int(height)
    spec["datasets"] = {key: _columns(table) for key, table in tables.items()}
    return ChartSlot(name, picture.title, picture.shows, kernels, spec, "", height_px, view_px)


def _height_px(spec: Mapping[str, Any]) -> int:
    """Return the height of a chart: its view, plus room for an axis and a legend."""
    height = spec.get("height", VIEW_PX)
    if not isinstance(height, dict):
        return int(height) + AROUND_PX
    layers = [each.get("encoding", {}) for each in (spec, *spec.get("layer", ()))]
    y: dict[str, Any] = next((each["y"] for each in layers if "field" in each.get("y", {})), {})
    offset: dict[str, Any] = next((each["yOffset"] for each in layers if "yOffset" in each), {})
    inner = len(offset.get("scale", {}).get("domain", "1"))
    kernel = spec["params"][0]["value"]
    rows = [row for rows in spec["datasets"].values() for row in rows if row["kernel"] == kernel]
    steps = len({row.get(y.get("field")) for row in rows}) * inner
    return int(height["step"]) * steps + (AROUND_PX if y.get("title") else AXIS_PX)


def _columns(rows: list[dict[str, Any]]) -> Table:
    names = dict.fromkeys(key for row in rows for key in row)
    return {name: [row.get(name) for row in rows] for name in names}
