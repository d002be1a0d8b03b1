"""Entries that one call of select and poll queues, against the place of the first ready fd."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.frames import Trace
from analysis.pictures.kinds import INK, kinds_in, translated
from analysis.pictures.layers import layered
from analysis.pictures.marks import choosing, number, referred, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from analysis.verdicts.pick import calls_of, phases_of
from tracer.shared.message import localized, message

READY: Final = message("an fd was ready")
WAITS: Final = message("none was ready, it may wait")
AT_ONCE: Final = message("none was ready, timeout 0")
KEYS: Final = ["model", "fds", "case", "place", "entries"]


def _entries(trace: Trace) -> pd.DataFrame:
    """Return KEYS and calls: entries per call by ``place`` of the first fd that was ready.

    If none was, the whole set was scanned before one was found: the place is ``fds``.
    """
    calls = calls_of(trace, phases_of(trace, "select", "poll"), "select", "poll")
    ready = (calls["waker"] == "before") & (calls["first_ready"] > 0)
    cases = [
        READY if there else AT_ONCE if timeout_ns == 0 else WAITS
        for there, timeout_ns in zip(ready, calls["timeout_ns"], strict=True)
    ]
    rows = pd.DataFrame(
        {
            "model": calls["family"],
            "fds": calls["n"],
            "case": cases,
            "place": calls["first_ready"].where(ready, calls["n"]),
            "entries": calls["insertions"],
        }
    )
    rows = rows.dropna(subset="entries").astype({"entries": "int64"})
    return rows.value_counts(sort=False).rename("calls").reset_index()


def _chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "case")
    models = sorted(rows["model"].unique(), reverse=True)
    cases, sizes = kinds_in(rows, (READY, WAITS, AT_ONCE), "case"), {}
    sizes = dict(zip(map(localized, (READY, WAITS, AT_ONCE)), (60, 200, 400), strict=True))
    base = alt.Chart(rows).encode(
        x=alt.X(
            "place:Q",
            title=localized("fds up to the first ready one"),
            scale=alt.Scale(type="sqrt"),
            axis=alt.Axis(values=[1, 11, 41, 101, 211, 401, 1001]),
        )
    )
    axis = alt.Axis(values=[0, 1, 11, 41, 101, 211, 401, 1001])
    textbook = localized("textbook: an entry for each fd")
    missing = referred(base.mark_rule(stroke=INK), textbook).encode(
        y=alt.Y("entries:Q", title=localized("entries queued per call"), axis=axis,
                scale=alt.Scale(type="sqrt")),
        y2=alt.Y2("fds:Q"),
    )  # fmt: skip
    each = base.mark_tick(color=INK, width=14, thickness=2, orient="horizontal").encode(
        y=alt.Y("fds:Q"), tooltip=[number("fds", localized("fds in the set"))]
    )
    points = base.mark_point(strokeWidth=2).encode(
        y=alt.Y("entries:Q"),
        color=model_colour(models),
        shape=model_shape(models),
        size=alt.Size(
            "case:O",
            title=None,
            scale=alt.Scale(type="ordinal", domain=cases, range=[sizes[c] for c in cases]),
            legend=alt.Legend(symbolStrokeColor=INK),
        ),
        tooltip=[
            word("model", localized("model")),
            word("case", localized("before the call")),
            number("fds", localized("fds in the set")),
            number("place", localized("fds up to the first that is ready")),
            number("entries", localized("entries queued per call")),
            number("calls", localized("calls")),
        ],
    )
    return layered(missing, each, choosing(points), height=320)


MUX_ENTRIES = Picture(
    title="Entries queued per call, against the place of the first ready fd",
    shows="Where no fd was ready, the whole set was scanned to find that out. A dashed line "
    "leads from what a call queued up to one entry per fd of the set; where there is no "
    "line, the call queued one for each.",
    rows=_entries,
    chart=_chart,
)
