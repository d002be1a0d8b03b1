"""Bytes that one call of select or poll copies, against its number of fds."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.mux.each_call import full_bytes
from analysis.frames import Trace
from analysis.pictures.kinds import INK, kinds_in, translated
from analysis.pictures.layers import layered
from analysis.pictures.marks import choosing, number, referred, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from analysis.verdicts.pick import calls_of, phases_of
from tracer.shared.message import localized, message
from tracer.shared.records import TIMEOUT_INFINITE

IN: Final = message("copied in")
OUT: Final = message("copied out")
KEYS: Final = ["model", "n", "sets", "direction", "bytes", "full"]


def _bytes(trace: Trace) -> pd.DataFrame:
    """Return KEYS and calls: bytes of one call by direction, and of the full set if copied in.

    ``n`` is nfds of poll, the first argument of select; ``sets`` how many bitmaps were passed. Only
    calls without a timeout, since a timeout is copied too. No row where a hook is missing.
    """
    calls = calls_of(trace, phases_of(trace, "select", "select-raw", "poll"), "select", "poll")
    calls = calls[calls["timeout_ns"] == TIMEOUT_INFINITE]
    if calls.empty:
        raise Undecided("no call without a timeout: the timeout is copied in as well")
    calls = calls.assign(full=full_bytes(calls), model=calls["family"], n=calls["nr"])
    parts = [
        calls.assign(direction=direction, bytes=calls[column])
        for direction, column in ((IN, "bytes_in"), (OUT, "bytes_out"))
    ]
    rows = pd.concat(parts)[KEYS].dropna(subset="bytes").astype({"bytes": "int64"})
    counts = rows.value_counts(sort=False).rename("calls").reset_index()
    return counts.assign(full=counts["full"].astype("float64").where(counts["direction"] == IN))


def _chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "direction")
    models = sorted(rows["model"].unique(), reverse=True)
    directions, copied_in = kinds_in(rows, (IN, OUT), "direction"), localized(IN)
    base = alt.Chart(rows).encode(
        x=alt.X(
            "n:Q",
            title=localized("n of the call (log)"),
            scale=alt.Scale(type="log", nice=False, padding=12),
            axis=alt.Axis(values=[10, 20, 50, 100, 200, 500, 1000], format=",d"),
        ),
        color=model_colour(models),
    )
    axis = alt.Axis(values=[1, 10, 100, 1000, 10_000], format=",d")
    label = localized("textbook: the full set")
    y = alt.Y("full:Q", title=localized("bytes per call (log)"), axis=axis,
              scale=alt.Scale(type="symlog"))  # fmt: skip
    said = base.transform_filter("isValid(datum.full)")
    full = referred(said.mark_line(strokeWidth=1.5), label).encode(y=y, detail=alt.Detail("sets:N"))
    rest = referred(said.mark_rule(strokeWidth=1.5), label).encode(y=y, y2=alt.Y2("bytes:Q"))
    end = said.mark_point(shape="stroke", size=250, strokeWidth=2).encode(y=y)
    points = base.mark_point(strokeWidth=2).encode(
        y=alt.Y("bytes:Q"),
        shape=model_shape(models),
        size=alt.Size(
            "direction:O",
            title=None,
            scale=alt.Scale(
                domain=directions,
                range=[60 if direction == copied_in else 220 for direction in directions],
            ),
            legend=alt.Legend(symbolStrokeColor=INK),
        ),
        tooltip=[
            word("model", localized("model")),
            word("direction", localized("direction")),
            number("n", localized("n of the call")),
            number("sets", localized("bitmaps passed (select)")),
            number("bytes", localized("bytes per call")),
            number("full", localized("bytes of the full set")),
            number("calls", localized("calls")),
        ],
    )
    return layered(full, rest, end, choosing(points), height=300)


MUX_BYTES = Picture(
    title="Bytes that one call copies, against the fds it is given",
    shows="n is the number of fds for poll, the largest fd and one for select. The dashed lines "
    "are the full set: 8 bytes per fd for poll; for select a bit per fd number below n, in whole "
    "longs, for each set it was given. What no hook saw is not drawn.",
    rows=_bytes,
    chart=_chart,
)
