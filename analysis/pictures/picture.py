"""A picture of a claim: rows from traces, and a chart of the rows of all kernels.

Rows are taken while the traces are in memory, once per kernel; they are few (equal rows are
counted, not repeated). The chart is made when a page is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import altair as alt
import pandas as pd
from altair.utils.schemapi import debug_mode

from tracer.shared.message import localized

MOST_ROWS: Final = 1000
"""Most rows of one kernel; more would show nothing that fewer don't."""


@dataclass(frozen=True)
class Picture:
    """How a claim is shown.

    ``title`` says what is drawn, ``shows`` describes it for a reader who cannot see it. ``rows``
    takes a Trace for each boot of the claim's experiment, and returns a frame of plain columns; it
    raises ``Undecided`` where there is nothing to draw. ``chart`` takes the frames of all kernels
    as one, with a column ``kernel`` more, and returns one view or layers of it (no facets: those
    have no width that follows the page). The page chooses which kernel is drawn. ``headings`` name
    the columns in the table of its numbers, which then has no others.
    """

    title: str
    shows: str
    rows: Callable[..., pd.DataFrame]
    chart: Callable[[pd.DataFrame], alt.Chart | alt.LayerChart]
    headings: Mapping[str, str] = field(default_factory=dict)


def vega_lite(picture: Picture, rows: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the Vega-Lite spec of ``picture`` with ``rows`` by kernel.

    The parameter ``kernel`` says whose rows are drawn: at first the first kernel's.
    """
    parts = [frame.assign(kernel=kernel) for kernel, frame in rows.items()]
    with debug_mode(False):  # tests validate every picture against the schema, the slowest part
        chart = picture.chart(pd.concat(parts, ignore_index=True))
        spec: dict[str, Any] = chart.properties(width="container").to_dict(validate=False)
    spec["description"] = f"{localized(picture.title)}. {localized(picture.shows)}"
    if picture.headings:
        headings = {name: localized(text) for name, text in picture.headings.items()}
        spec["usermeta"] = {"headings": headings}
    spec["params"] = [{"name": "kernel", "value": next(iter(rows))}, *spec.get("params", ())]
    spec["transform"] = [{"filter": "datum.kernel === kernel"}, *spec.get("transform", ())]
    return spec
