"""What one event costs, split into its parts: stacked bars, with the total at the end."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.cost.costs import Costs
from analysis.claims.cost.counted import counted
from analysis.claims.cost.events import SLIGHTLY
from analysis.claims.cost.scan import split_of_event
from analysis.frames import Trace
from analysis.pictures.kinds import INK, kinds_in, translated
from analysis.pictures.layers import layered
from analysis.pictures.marks import choosing, number, referred, word
from analysis.pictures.picture import Picture
from analysis.verdicts.figures import What
from tracer.shared.message import localized, message

COPY: Final = message("copy of the array")
SCAN: Final = message("scan (select: with its copies)")
ENTRIES: Final = message("entries queued and removed")
REST: Final = message("rest")
WAIT: Final = message("epoll_wait")
CALLBACK: Final = message("callback in the writer")
CTL: Final = message("epoll_ctl")
SPLIT: Final = (SCAN, ENTRIES, COPY, WAIT, CALLBACK, REST)
CHURN: Final = (WAIT, CTL, CALLBACK)
REARMS: Final = {
    "none": message("no epoll_ctl"),
    "mod": message("MOD per event"),
    "del-add": message("DEL and ADD"),
}


def _split(*boots: Trace) -> pd.DataFrame:
    """Return bar (the model), part and instructions of one event, means of the boots."""
    return _means([[*_mux_parts(costs), *_epoll_parts(costs)] for costs in counted(boots)])


def _mux_parts(costs: Costs) -> list[tuple[str, str, float]]:
    found = split_of_event(costs)
    poll = [
        ("poll", SCAN, found.value(What.SCAN)),
        ("poll", ENTRIES, found.value(What.ENTRIES)),
        ("poll", COPY, found.value(What.COPY)),
        ("poll", REST, found.value(What.REST)),
    ]
    return [*_select_parts(costs), *poll]


def _select_parts(costs: Costs) -> list[tuple[str, str, float]]:
    """Return select's parts, as poll's are separated; its copies and its scan remain one part."""
    try:
        fds = float(costs.one("poll-ignored")["fds"])
        fd_poll = costs.one("select", fds=fds, timeout_ms=0, active=0)["wait"]
        first, last = (
            costs.one("select", fds=fds, position=place, active=1, timeout_ms=None)["wait"]
            for place in ("first", "last")
        )
        middle = costs.one("select", fds=fds, position="middle", active=1, timeout_ms=None)
    except Undecided:
        return []
    entries = (last - first) / (fds - 1) * ((fds - 1) // 2 + 1)
    rest = costs.per_event(middle) - fd_poll - entries
    return [("select", SCAN, fd_poll), ("select", ENTRIES, entries), ("select", REST, rest)]


def _epoll_parts(costs: Costs) -> list[tuple[str, str, float]]:
    found = split_of_event(costs)
    return [
        ("epoll", WAIT, found.value(What.WAIT)),
        ("epoll", CALLBACK, found.value(What.CALLBACK)),
    ]


def _churn(*boots: Trace) -> pd.DataFrame:
    """Return bar (of REARMS), part and instructions of one event, all fds active."""
    return _means([_churn_parts(costs) for costs in counted(boots)])


def _churn_parts(costs: Costs) -> list[tuple[str, str, float]]:
    rows = costs.pick("epoll")
    churned = rows[rows["rearm"] != "none"]
    if churned.empty:
        raise Undecided("no phase that calls epoll_ctl after each event")
    fds = churned["fds"].iloc[0]
    same = rows[(rows["fds"] == fds) & (rows["active"] == fds)]
    found: list[tuple[str, str, float]] = []
    for how, bar in REARMS.items():
        for _, row in same[same["rearm"] == how].iterrows():
            found.append((bar, WAIT, row["waits"] * row["wait"] / row["active"]))
            if row["ctls"]:
                found.append((bar, CTL, row["ctls"] * row["ctl"] / row["active"]))
            found.append((bar, CALLBACK, costs.callback(row)))
    return found


def _means(boots: list[list[tuple[str, str, float]]]) -> pd.DataFrame:
    names = ["bar", "part", "cost"]
    rows = pd.concat([pd.DataFrame(each, columns=names) for each in boots]).dropna()
    return rows.groupby(["bar", "part"], sort=False)["cost"].mean().reset_index()


def _split_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = _ordered(rows, SPLIT)
    return _stacked(rows, localized("model"), SPLIT, ("select", "poll", "epoll"))


def _churn_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = _ordered(rows, CHURN)
    slightly = (
        alt.Chart(rows)
        .transform_filter(alt.datum.bar == localized(REARMS["none"]))
        .transform_aggregate(whole="sum(cost)", groupby=["kernel"])
        .transform_calculate(slightly=f"{SLIGHTLY} * datum.whole")
        .mark_rule(stroke=INK)
        .encode(x=alt.X("slightly:Q"))
    )
    label = localized(message("textbook: slightly, up to {times:g} times", times=SLIGHTLY))
    bars = tuple(REARMS.values())
    return _stacked(rows, localized("after each event"), CHURN, bars, referred(slightly, label))


def _ordered(rows: pd.DataFrame, parts: tuple[str, ...]) -> pd.DataFrame:
    """Return ``rows`` with translated texts and ``order``, the place of the part in its bar.

    Made once for all layers: only data that they share is filtered by kernel.
    """
    rows = translated(rows, "bar", "part")
    places = {localized(part): place for place, part in enumerate(parts)}
    return rows.assign(order=rows["part"].map(places))


def _stacked(
    rows: pd.DataFrame,
    title: str,
    parts: tuple[str, ...],
    bars: tuple[str, ...],
    *more: alt.Chart,
) -> alt.LayerChart:
    """Return a bar for each of ``bars``, called ``title``; ``rows`` are ``_ordered``."""
    there = kinds_in(rows, parts, "part")
    base = alt.Chart(rows).encode(y=alt.Y("bar:N", title=title, sort=kinds_in(rows, bars, "bar")))
    bar = base.mark_bar(height=24).encode(
        x=alt.X(
            "cost:Q",
            title=localized("instructions per event"),
            axis=alt.Axis(tickCount=4, format="~s"),
        ),
        color=_colour(there, parts),
        order=alt.Order("order:Q"),
        tooltip=[
            word("bar", title),
            word("part", localized("part")),
            number("cost", localized("instructions per event"), ",.0f"),
        ],
    )
    whole = (
        base.transform_aggregate(whole="sum(cost)", groupby=["kernel", "bar"])
        .transform_calculate(label="format(datum.whole, ',.0f')")
        .mark_text(align="right", baseline="bottom", dy=-14, color=INK)
        .encode(x=alt.value("width"), text=alt.Text("label:N"))
    )
    return layered(choosing(bar, "part"), whole, *more, height=alt.Step(56))


def _colour(present: list[str], parts: tuple[str, ...]) -> alt.Color:
    """Return the colours of the parts present: each has its own on every kernel."""
    numbers = {localized(part): number for number, part in enumerate(parts, start=1)}
    colours = [f"var(--model-{numbers[part]})" for part in present]
    return alt.Color("part:N", title=None, scale=alt.Scale(domain=present, range=colours))


CALLBACK_SAVES = Picture(
    title="What one event of 400 fds costs, part by part",
    shows="The number above a bar is the total. select and poll: one call; epoll: one epoll_wait "
    "and the callback in the writer. The parts are separated by calls that leave one of them "
    "out.",
    rows=_split,
    chart=_split_chart,
)
CTL_CHURN = Picture(
    title="What one event of epoll costs, with and without epoll_ctl for each",
    shows="All fds are active. The number above a bar is the total; the dashed line is the limit "
    "of what counts as slightly slower.",
    rows=_churn,
    chart=_churn_chart,
)
