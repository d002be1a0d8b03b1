"""What one delivered event costs, against the share of active fds and against their number."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.cost.costs import MODELS, Costs
from analysis.claims.cost.counted import counted
from analysis.frames import Trace
from analysis.pictures.kinds import INK, kinds_in, translated
from analysis.pictures.layers import layered
from analysis.pictures.marks import ASIDE, choosing, fading, number, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from tracer.shared.message import localized, message

ALL: Final = 100
LINKS: Final = {"loopback": message("same machine"), "lan": message("over a veth link")}
THICK: Final = 3
THIN: Final = 1


def _by_share(*boots: Trace) -> pd.DataFrame:
    """Return model, fds, share (% of the fds active) and cost, least, most of one event.

    Only for numbers of fds that were run with all active; with one active as well.
    """
    rows = _events(boots)
    rows = rows.assign(share=ALL * rows["active"] / rows["fds"])
    whole = rows.loc[rows["share"] == ALL, "fds"].unique()
    rows = rows[(rows["link"] == "loopback") & rows["fds"].isin(whole)]
    if rows.empty:
        raise Undecided("no phase with all fds active")
    return rows[["model", "fds", "share", "cost", "least", "most"]].reset_index(drop=True)


def _by_number(*boots: Trace) -> pd.DataFrame:
    """Return model, link, fds and cost, least, most of one event, with 1 % of the fds active."""
    rows = _events(boots)
    rows = rows[rows["active"] * ALL == rows["fds"]]
    if rows.empty:
        raise Undecided("no phase with 1 % of its fds active")
    rows = rows.assign(link=rows["link"].map(LINKS))
    return rows[["model", "link", "fds", "cost", "least", "most"]].reset_index(drop=True)


def _events(boots: tuple[Trace, ...]) -> pd.DataFrame:
    """Return model, link, fds, active: instructions per event, mean (cost) and ends of the boots.

    From phases that wait for as long as it takes, with no epoll_ctl in between.
    """
    parts = pd.concat([_of_boot(costs) for costs in counted(boots)], ignore_index=True)
    grouped = parts.dropna().groupby(["model", "link", "fds", "active"])["cost"]
    return grouped.agg(cost="mean", least="min", most="max").reset_index()


def _of_boot(costs: Costs) -> pd.DataFrame:
    every = costs.phases
    known = every["model"].isin(MODELS) & every["link"].isin(list(LINKS))
    plain = every["timeout_ms"].isna() & (every["rearm"] == "none")
    placed = every["position"].isin(["middle"]) | (every["active"] != 1) | (every["link"] == "lan")
    rows = every[known & plain & placed & (every["active"] > 0)]
    keys = rows[["model", "link", "fds", "active"]]
    return keys.assign(cost=[costs.per_event(row) for _, row in rows.iterrows()])


def _share_chart(rows: pd.DataFrame) -> alt.LayerChart:
    models = [model for model in MODELS if model in set(rows["model"])]
    base = alt.Chart(rows).encode(
        x=alt.X(
            "share:Q",
            title=localized("fds that are active, % (log)"),
            scale=alt.Scale(type="log"),
            axis=alt.Axis(values=[0.5, 1, 2, 5, 10, 20, 50, 100], grid=False),
        ),
        y=_cost_axis(),
        color=model_colour(models),
    )
    lines = base.mark_line(strokeWidth=1.5).encode(detail=alt.Detail("fds:N"))
    points = base.mark_point(size=90, strokeWidth=2).encode(
        shape=model_shape(models),
        tooltip=[
            word("model", localized("model")),
            number("fds", localized("fds")),
            number("share", localized("of them active, %"), ".2~f"),
            *_cost_tips(),
        ],
    )
    return layered(fading(lines), choosing(points), height=300)


def _number_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "link")
    models = [model for model in MODELS if model in set(rows["model"])]
    links, same = kinds_in(rows, tuple(LINKS.values()), "link"), localized(LINKS["loopback"])
    base = alt.Chart(rows).encode(
        x=alt.X(
            "fds:Q",
            title=localized("connections, 1 % of them active (log)"),
            scale=alt.Scale(type="log"),
            axis=alt.Axis(values=[100, 200, 400, 800], grid=False),
        ),
        y=_cost_axis(),
        color=model_colour(models),
    )
    width = alt.StrokeWidth(
        "link:O",
        title=None,
        scale=alt.Scale(domain=links, range=[THICK if link == same else THIN for link in links]),
        legend=alt.Legend(orient=ASIDE, symbolType="stroke", symbolStrokeColor=INK),
    )
    lines = base.mark_line().encode(strokeWidth=width)
    marks = base.encode(
        shape=model_shape(models),
        tooltip=[
            word("model", localized("model")),
            word("link", localized("link")),
            number("fds", localized("connections")),
            *_cost_tips(),
        ],
    )
    local, linked = alt.datum.link == same, alt.datum.link != same
    filled = marks.transform_filter(local).mark_point(filled=True, size=100)
    hollow = marks.transform_filter(linked).mark_point(size=90, strokeWidth=2)
    return layered(fading(lines), choosing(filled), fading(hollow), height=300)


def _cost_axis() -> alt.Y:
    return alt.Y(
        "cost:Q",
        title=localized("instructions per event (log)"),
        scale=alt.Scale(type="log"),
        axis=alt.Axis(values=[10.0**power for power in range(1, 8)], format="~s"),
    )


def _cost_tips() -> list[alt.Tooltip]:
    return [
        number("cost", localized("instructions per event"), ",.0f"),
        number("least", localized("the cheapest boot"), ",.0f"),
        number("most", localized("the most expensive boot"), ",.0f"),
    ]


ALL_ACTIVE = Picture(
    title="What one event costs, against the share of fds that are active",
    shows="A line joins what a model costs with one fd active and with all of them, for one number "
    "of fds.",
    rows=_by_share,
    chart=_share_chart,
)
IDLE_ADVANTAGE = Picture(
    title="What one event costs, against the number of mostly idle connections",
    shows="1 % of the connections are active. Filled marks are sockets of one machine, hollow "
    "ones connections over a link of two network namespaces.",
    rows=_by_number,
    chart=_number_chart,
)
