"""Sleeps per call: of calls with spurious callbacks, and of epoll_waits that had to wait."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.spurious_wakeups.epoll_sleep import had_to_wait
from analysis.claims.spurious_wakeups.in_vain import called_back
from analysis.frames import Trace
from analysis.pictures.kinds import INK, kind_colour, kinds_in, translated
from analysis.pictures.layers import layered
from analysis.pictures.marks import choosing, fading, number, referred, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from analysis.verdicts.pick import calls_of, phases_of
from analysis.verdicts.steps import CALLBACK, POLLWAKE
from tracer.shared.message import localized, message

EVENT: Final = message("ended by an event")
TIMER: Final = message("ended by the timeout")
FEWEST_SHOWN: Final = 4
CASE_PX: Final = 72
MARKS_PX: Final = (30, 66)
"""Offset of the stems within a case's height: below the text."""


def _mux_spurious(trace: Trace) -> pd.DataFrame:
    return _spurious(trace, POLLWAKE, "select-spurious", "poll-spurious")


def _epoll_spurious(trace: Trace) -> pd.DataFrame:
    return _spurious(trace, CALLBACK, "epoll-spurious")


def _spurious(trace: Trace, hook: str, *models: str) -> pd.DataFrame:
    """Return model, case, woken and in_vain (callbacks), sleeps, and the number of such calls.

    ``case`` says in words how many callbacks were spurious and how many of them woke the waiter.
    """
    phases = phases_of(trace, *models)
    calls = pd.concat([called_back(trace, each, hook) for each in phases], ignore_index=True)
    calls = calls[calls["in_vain"] > 0]
    if calls.empty:
        raise Undecided("no callback ran in vain: nothing shows what it would have done")
    pairs = zip(calls["in_vain"], calls["woken"], strict=True)
    cases = [
        message(
            "{in_vain:,} callbacks in vain, {woken:,} of them wake it", in_vain=all_, woken=woken
        )
        for all_, woken in pairs
    ]
    rows = pd.DataFrame(
        {
            "model": calls["family"].replace("epoll_wait", "epoll"),
            "case": cases,
            "woken": calls["woken"],
            "in_vain": calls["in_vain"],
            "sleeps": calls["sleep_calls"],
        }
    )
    return rows.dropna().value_counts(sort=False).rename("calls").reset_index()


def _spurious_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "case")
    models = [model for model in ("select", "poll", "epoll") if model in set(rows["model"])]
    cases = list(rows.sort_values("woken", ascending=False)["case"].unique())
    base = alt.Chart(rows).encode(
        y=alt.Y("case:N", title=None, axis=None, sort=cases, scale=alt.Scale(padding=0))
    )
    sleeps = base.encode(
        yOffset=alt.YOffset("model:N", sort=models, scale=alt.Scale(range=MARKS_PX)),
        x=alt.X("sleeps:Q", title=localized("sleeps per call"), scale=alt.Scale(domainMin=0),
                axis=alt.Axis(tickMinStep=1, tickCount=8)),
        color=model_colour(models),
    )  # fmt: skip
    stems = sleeps.mark_rule(strokeWidth=3).encode(x2=alt.X2Datum(0))
    points = sleeps.mark_point(filled=True, size=160).encode(
        shape=model_shape(models),
        tooltip=[
            word("model", localized("model")),
            word("case", localized("per call")),
            number("sleeps", localized("sleeps per call")),
            number("calls", localized("calls")),
        ],
    )
    once = referred(alt.Chart(rows).mark_rule(stroke=INK), localized("one sleep")).encode(
        x=alt.XDatum(1)
    )
    names = (
        base.transform_aggregate(calls="sum(calls)", groupby=["kernel", "case"])
        .mark_text(align="left", baseline="top", color=INK, dy=-CASE_PX // 2 + 6, fontSize=12)
        .encode(x=alt.value(0), text=alt.Text("case:N"))
    )
    return layered(once, fading(stems), choosing(points), names, height=CASE_PX * len(cases))


def _wait_spurious(trace: Trace) -> pd.DataFrame:
    """Return ended (by what), sleeps and how many epoll_waits that had to wait slept so often."""
    phases = [phase for phase in phases_of(trace, "epoll") if len(phase.active) <= 1]
    waits = had_to_wait(calls_of(trace, phases, "epoll_wait"))
    if waits.empty:
        raise Undecided("no epoll_wait had to wait")
    ended = [TIMER if ret == 0 else EVENT for ret in waits["ret"]]
    rows = pd.DataFrame({"ended": ended, "sleeps": waits["sleep_calls"]}, index=waits.index)
    counts = rows.dropna().value_counts(sort=False).rename("calls").reset_index()
    return counts.astype({"sleeps": "int64"})


def _wait_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "ended")
    kinds = kinds_in(rows, (EVENT, TIMER), "ended")
    most = max(FEWEST_SHOWN, int(rows["sleeps"].max()))
    base = alt.Chart(rows)
    bars = base.mark_bar(width=26).encode(
        x=alt.X("sleeps:Q", title=localized("sleeps per epoll_wait"),
                scale=alt.Scale(domain=[-0.5, most + 0.5], nice=False),
                axis=alt.Axis(tickMinStep=1, grid=False, format="d")),
        y=alt.Y("calls:Q", title=localized("epoll_waits that had to wait"),
                axis=alt.Axis(tickMinStep=1)),
        color=kind_colour(kinds, column="ended"),
        tooltip=[
            number("sleeps", localized("sleeps per epoll_wait")),
            word("ended", localized("how it ended")),
            number("calls", localized("epoll_waits")),
        ],
    )  # fmt: skip
    label = localized("textbook: more than one sleep")
    several = referred(base.mark_rule(stroke=INK), label).encode(x=alt.XDatum(1.5))
    return layered(choosing(bars, "ended"), several, height=240)


_SPURIOUS_SHOWN: Final = message(
    "One stem per number of sleeps. Callbacks in vain are those that ran during the call, for "
    "events it does not wait for."
)
MUX_SPURIOUS = Picture(
    title="Sleeps of select and poll that are called back in vain",
    shows=_SPURIOUS_SHOWN,
    rows=_mux_spurious,
    chart=_spurious_chart,
)
EPOLL_SPURIOUS = Picture(
    title="Sleeps of epoll_waits that are called back in vain",
    shows=_SPURIOUS_SHOWN,
    rows=_epoll_spurious,
    chart=_spurious_chart,
)
WAIT_SPURIOUS = Picture(
    title="Sleeps per epoll_wait that had to wait",
    shows="Bars are epoll_waits by number of sleeps. Spurious wakeups would show as bars right "
    "of the dashed line.",
    rows=_wait_spurious,
    chart=_wait_chart,
)
