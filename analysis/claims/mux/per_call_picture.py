"""Counts of one call of select and poll: how many entries, sleeps, passes it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.pictures.kinds import INK, kinds_in, translated
from analysis.pictures.layers import layered
from analysis.pictures.marks import choosing, number, referred, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from analysis.verdicts.pick import calls_of, phases_of
from tracer.shared.message import localized, message

Line = tuple[str, "pd.Series[int]"]
"""What is counted, and its count in each call."""

FDS: Final = message("fds handed over")
ENTRIES: Final = message("entries queued")
PASSES: Final = message("passes over the set")
SLEEPS: Final = message("sleeps")
PLACE: Final = message("place in the set of the fd that ended the call")
STEP_PX: Final = 68
MARKS_PX: Final = (28, 62)
"""Offset of the marks within a step: below the text."""


def _one_call(trace: Trace) -> pd.DataFrame:
    """Return what, model, value and the calls that had it, of calls that slept for one event."""
    phases = phases_of(trace, "select", "poll", waker="while-asleep")
    calls = calls_of(trace, [phase for phase in phases if len(phase.fds) > 1], "select", "poll")
    lines = [(FDS, calls["n"]), (ENTRIES, calls["insertions"]), (SLEEPS, calls["sleep_calls"]),
             (PLACE, calls["first_ready"])]  # fmt: skip
    return _counts(calls, lines)


def _continuous(trace: Trace) -> pd.DataFrame:
    """Return passes and sleeps of calls that waited, as ``_one_call``, and ``said``.

    ``said`` is how many passes the median call would have made by scanning continuously: its
    duration by that of a call with as many fds and timeout 0, which is one pass. NA where there is
    no such call.
    """
    calls = calls_of(trace, phases_of(trace, "select", "poll"), "select", "poll")
    waits = calls[(calls["sleep_calls"] > 0) | (calls["passes"] > 1)]
    if waits.empty:
        raise Undecided(f"none of {len(calls)} calls of select and poll had to wait")
    rows = _counts(waits, [(PASSES, waits["passes"]), (SLEEPS, waits["sleep_calls"])])
    said = {model: _going_on(calls, part) for model, part in waits.groupby("family")}
    return rows.assign(said=rows["model"].map(said).where(rows["what"] == PASSES))


def _going_on(calls: pd.DataFrame, waits: pd.DataFrame) -> float:
    keys = ["family", "n"]
    fd_polls = calls[(calls["timeout_ns"] == 0) & (calls["passes"] == 1)]
    one = fd_polls.astype({"kernel_ns": "float64"}).groupby(keys)["kernel_ns"].median()
    timed = waits.join(one.rename("pass_ns"), on=keys)
    said = (timed["wall_ns"].astype("float64") / timed["pass_ns"]).dropna()
    return float(said.median()) if len(said) else float("nan")


def _counts(calls: pd.DataFrame, lines: Sequence[Line]) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"what": what, "model": calls["family"], "value": values.astype("Int64")})
        for what, values in lines
    ]
    counts = pd.concat(parts).dropna().value_counts(sort=False).rename("calls")
    return counts.reset_index().astype({"value": "int64"})


def _one_call_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "what")
    base = _lines(rows, (FDS, ENTRIES, PLACE, SLEEPS))
    x = alt.X(
        "value:Q",
        title=localized("in one call"),
        scale=alt.Scale(domainMin=0),
        axis=alt.Axis(tickCount=6),
    )
    return layered(_names(base), choosing(_dots(base, rows, x)), height=_height(rows))


def _continuous_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "what")
    base = _lines(rows, (PASSES, SLEEPS))
    x = alt.X(
        "value:Q",
        title=localized("in one call that waits (log)"),
        scale=alt.Scale(type="symlog", domainMin=0),
        axis=alt.Axis(values=[0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000]),
    )
    known = _by_model(base, rows).transform_filter("isValid(datum.said)")
    label = localized("textbook: scanning all the while")
    continuous = number("said", localized("passes, had it been scanning all the while"), ",.0f")
    going = referred(known.mark_rule(stroke=INK, strokeWidth=1.5), label)
    # A separate end mark, since a dashed line may end in a gap.
    end = known.mark_tick(color=INK, height=14, thickness=2)
    return layered(
        _names(base),
        going.encode(x=x, x2=alt.X2("said:Q")),
        end.encode(x=alt.X("said:Q"), tooltip=[word("model", localized("model")), continuous]),
        choosing(_dots(base, rows, x)),
        height=_height(rows),
    )


def _lines(rows: pd.DataFrame, order: Sequence[str]) -> alt.Chart:
    lines = kinds_in(rows, order, "what")
    return alt.Chart(rows).encode(
        y=alt.Y("what:N", title=None, sort=lines, axis=None, scale=alt.Scale(padding=0))
    )


def _by_model(base: alt.Chart, rows: pd.DataFrame) -> alt.Chart:
    scale = alt.Scale(domain=_models(rows), range=MARKS_PX)
    return base.encode(yOffset=alt.YOffset("model:N", scale=scale))


def _height(rows: pd.DataFrame) -> int:
    """Return the height; a step would apply to the offset, which only some layers have."""
    return STEP_PX * rows["what"].nunique()


def _models(rows: pd.DataFrame) -> list[str]:
    return sorted(rows["model"].unique(), reverse=True)


def _dots(base: alt.Chart, rows: pd.DataFrame, x: alt.X) -> alt.Chart:
    return (
        _by_model(base, rows)
        .mark_point(size=110, strokeWidth=2)
        .encode(
            x=x,
            color=model_colour(_models(rows)),
            shape=model_shape(_models(rows)),
            tooltip=[
                word("what", localized("what")),
                word("model", localized("model")),
                number("value", localized("in one call")),
                number("calls", localized("calls")),
            ],
        )
    )


def _names(base: alt.Chart) -> alt.Chart:
    """Return labels of what is counted, above the marks: so the marks keep their width."""
    return (
        base.transform_aggregate(calls="sum(calls)", groupby=["kernel", "what"])
        .mark_text(align="left", baseline="top", color=INK, dy=-STEP_PX // 2 + 4, fontSize=12)
        .encode(x=alt.value(0), text=alt.Text("what:N"))
    )


MUX_ONE_CALL = Picture(
    title="What one call of select and poll does for one event",
    shows="Each mark is what one or more calls had: how many fds they were given, how many "
    "entries they queued, how often they slept, and the place of the fd that ended them.",
    rows=_one_call,
    chart=_one_call_chart,
)
MUX_CONTINUOUS = Picture(
    title="Passes over the fds, and sleeps, of a call that waits",
    shows="The dashed line ends at the passes a call would have made, had it been scanning all "
    "the while: its duration, divided by that of a call that makes one pass.",
    rows=_continuous,
    chart=_continuous_chart,
)
