"""Several waiters for one fd: a column per event, a row per waiter, showing whom it woke."""

from __future__ import annotations

from collections.abc import Iterator

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.herd.events import events_of
from analysis.frames import Trace
from analysis.pictures.kinds import INK, SIZE, kind_colour, kind_shape, sized, translated
from analysis.pictures.layers import layered
from analysis.pictures.picture import Picture
from analysis.verdicts.pick import phases_of
from analysis.verdicts.steps import POLLWAKE
from tracer.shared.message import localized, message

WOKEN, PASSED_ON, SLEPT_ON = (
    message("woken by event"),
    message("woken by a waiter"),
    message("slept on"),
)
SIZES = (150, 120, 30)
HEAD = 0
"""The place above a herd's waiters, for its name."""
FATES = (WOKEN, PASSED_ON, SLEPT_ON)


def herd_rows(trace: Trace, herd: str, model: str, **spec: object) -> pd.DataFrame:
    """Return a row per event and sleeping waiter: ``herd``, ``event``, ``place``, ``fate``.

    ``place``: 1 fell asleep first. Raises Undecided if there was no such event.
    """
    events = pd.concat([events_of(trace, phase) for phase in phases_of(trace, model, **spec)])
    rows = [
        {"herd": herd, "event": number, "place": place, "fate": _fate(tid, woken, chained)}
        for number, (asleep, woken, chained) in enumerate(_lists(events), start=1)
        for place, tid in enumerate(asleep, start=1)
    ]
    return pd.DataFrame(rows)


def _lists(events: pd.DataFrame) -> Iterator[tuple[list[int], list[int], list[int]]]:
    return zip(events["asleep"], events["woken"], events["chained"], strict=True)


def _fate(tid: int, woken: list[int], chained: list[int]) -> str:
    if tid in woken:
        return WOKEN
    return PASSED_ON if tid in chained else SLEPT_ON


def _herd(trace: Trace) -> pd.DataFrame:
    parts = [
        herd_rows(trace, message("instance each"), "epoll-herd", trigger="level"),
        herd_rows(
            trace, message("instance each, EPOLLEXCLUSIVE"), "epoll-herd", trigger="exclusive"
        ),
    ]
    return pd.concat([*_poll_beside(trace), *parts], ignore_index=True)


def _poll_beside(trace: Trace) -> list[pd.DataFrame]:
    """Return poll's herd, where it was recorded and its callback is seen."""
    if not trace.manifest.attached(POLLWAKE):
        return []
    try:
        return [herd_rows(trace, message("poll each"), "poll-herd")]
    except Undecided:
        return []


def _shared(trace: Trace) -> pd.DataFrame:
    parts = [
        herd_rows(trace, message("level-triggered"), "epoll-shared-herd", trigger="level"),
        herd_rows(
            trace, message("edge-triggered"), "epoll-shared-herd", trigger="edge", leave=False
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def _order(trace: Trace) -> pd.DataFrame:
    """Return the herds on edge-triggered fds: those that wait again, those that leave."""
    parts: list[pd.DataFrame] = []
    for words, leave in (
        (message("a woken waiter waits again"), False),
        (message("a woken waiter leaves"), True),
    ):
        try:
            parts.append(herd_rows(trace, words, "epoll-shared-herd", trigger="edge", leave=leave))
        except Undecided:
            continue
    if not parts:
        raise Undecided("no event came while several waiters of an edge-triggered fd slept")
    return pd.concat(parts, ignore_index=True)


def _herd_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "herd", "fate")
    fates = [localized(fate) for fate in FATES]
    most = int(rows["place"].max())
    places = alt.Scale(domain=[HEAD, *range(most, 0, -1)])
    base = sized(alt.Chart(rows), fates, SIZES, "fate").encode(
        y=alt.Y("herd:N", sort=None, title=localized("waiters, last to sleep on top"),
                axis=alt.Axis(labels=False, ticks=False, domain=False)),
    )  # fmt: skip
    dots = base.mark_point(filled=True, opacity=1).encode(
        x=alt.X("event:O", title=localized("event"), axis=alt.Axis(labelAngle=0)),
        yOffset=alt.YOffset("place:O", scale=places),
        color=kind_colour(fates, column="fate"),
        shape=kind_shape(fates, column="fate"),
        size=SIZE,
        tooltip=[
            alt.Tooltip("herd:N", title=localized("waiters")),
            alt.Tooltip("event:O", title=localized("event")),
            alt.Tooltip("place:O", title=localized("order of falling asleep")),
            alt.Tooltip("fate:N", title=localized("what became of it")),
        ],
    )
    names = (
        base.transform_aggregate(groupby=["herd"])
        .transform_calculate(place=str(HEAD))
        .mark_text(align="left", color=INK, fontSize=12)
        .encode(
            x=alt.value(0), yOffset=alt.YOffset("place:O", scale=places), text=alt.Text("herd:N")
        )
    )
    return layered(dots, names, height=alt.Step(22))


HERD = Picture(
    title="Which of several waiters with an instance or a poll each an event wakes",
    shows="Each column is an event and each row a waiter that slept when it came; the mark says "
    "whether it was woken.",
    rows=_herd,
    chart=_herd_chart,
)
SHARED = Picture(
    title="Which of several waiters in one epoll instance an event wakes",
    shows="Each column is an event and each row a waiter that slept when it came; the mark says "
    "whether it was woken.",
    rows=_shared,
    chart=_herd_chart,
)
ORDER = Picture(
    title="Which waiters an event wakes, by when they fell asleep",
    shows="Each column is an event and each row a waiter that slept when it came, the last to fall "
    "asleep on top; the mark says whether it was woken.",
    rows=_order,
    chart=_herd_chart,
)
