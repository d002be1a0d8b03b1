"""The loop over time: a lane for each thread, what it did in each stretch, and its hold-ups."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.findings.duration import lasting
from analysis.findings.rules.held_up import HELD
from analysis.looptime.lane import ASLEEP, KINDS, OFF_CPU, ON_CPU, POLLING
from analysis.looptime.looptime import Held, LoopTime, Thread
from analysis.pictures.kinds import INK
from analysis.pictures.layers import layered
from analysis.pictures.marks import number, word
from analysis.pictures.picture import Picture
from analysis.terminal.tables import harmless
from tracer.shared.message import Message, joined, localized, message, message_n

SAID: Final = {
    "asleep": message("asleep in a wait"),
    "polling": message("in a wait, on the CPU"),
    "on_cpu": message("other calls, on the CPU"),
    "off_cpu": message("other calls, off the CPU"),
    "between": message("between calls"),
    "unseen": message("in a call, not known whether asleep"),
    "lost": message("calls were lost"),
}
COLOURS: Final = (3, 4, 5, 1, 2, 6)
"""Numbers of the page's colours for all of KINDS except the last, which has the text's."""
KNOWN: Final = (ASLEEP, POLLING, ON_CPU, OFF_CPU)
"""Kinds that are omitted if no hook saw threads leave the CPU."""
LANE_PX: Final = 62
TOP: Final = 0.32
LOW: Final = 0.84
MARK: Final = 0.95
"""Where within a lane its bar begins and ends, and where marks of hold-ups are."""
UNITS: Final = ((1e10, 1e9, "s"), (1e7, 1e6, "ms"), (0, 1e3, "µs"))
"""Units of a recording's time, by the length in ns from which on they are used."""


def unit_of(found: LoopTime) -> tuple[float, str]:
    """Return the unit for a recording's time: its ns, its name."""
    span = found.bins.count * found.bins.width_ns
    return next((size, name) for least, size, name in UNITS if span >= least)


def lanes_picture(found: LoopTime) -> Picture:
    """Return the picture of the lanes of ``found``, with its rows."""
    titles = [harmless(localized(_lane_title(each, found.held))) for each in found.threads]
    (size, unit), span_ns = unit_of(found), found.bins.count * found.bins.width_ns
    return Picture(
        title=message("What each thread did"),
        shows=_shows(found),
        rows=lambda: _rows(found),
        chart=lambda rows: _chart(rows, titles, unit, span_ns / size),
        headings=_headings(unit),
    )


def _shows(found: LoopTime) -> Message:
    parts = [
        message(
            "One lane per thread; from left to right, the recording in {count} stretches of "
            "{width}. A full bar is a whole stretch; nothing is drawn before a thread's first "
            "call or after its last. Time between calls is the program's own code, a call that "
            "tracer does not record, or waiting for a CPU. A triangle marks where the thread "
            "began to stay away from its wait for {held} or longer.",
            count=found.bins.count,
            width=lasting(found.bins.width_ns),
            held=lasting(HELD.value),
        )
    ]
    if found.more:
        parts.append(
            message_n(
                "{count:,} more thread, with {calls:,} calls, is not drawn.",
                "{count:,} more threads, with {calls:,} calls, are not drawn.",
                count=found.more,
                calls=found.more_calls,
            )
        )
    return joined(" ", parts)


def _lane_title(thread: Thread, held: Sequence[Held]) -> Message:
    times = int(thread.lane.held_times.sum())
    said = message("{name} {tid}", name=thread.name, tid=thread.tid)
    if not thread.waits:
        return message("{thread}: no wait, {calls:,} calls", thread=said, calls=thread.calls)
    if not times:
        return message_n(
            "{thread}: {count:,} wait", "{thread}: {count:,} waits", count=thread.waits, thread=said
        )
    longest = next(each for each in held if each.thread is thread)
    return message_n(
        "{thread}: held up once, {by}; {waits:,} waits",
        "{thread}: held up {count:,} times, longest {by}; {waits:,} waits",
        count=times,
        thread=said,
        waits=thread.waits,
        by=held_by(longest),
    )


def held_by(held: Held) -> Message:
    """Return what a thread did while it was held up: its longest call, or none."""
    if held.call is None:
        return message("outside of calls {time}", time=lasting(held.hold_up.outside_ns))
    longest = held.hold_up.busy.longest
    return message("{call} {time}", call=held.call, time=lasting(longest.ns))


def _rows(found: LoopTime) -> pd.DataFrame:
    """Return place, thread, from, to (in ``unit_of``), KINDS in percent, waits, events, held.

    A kind that no lane has gets no column. A missing number is None.
    """
    held = {(each.thread.tid, each.hold_up.at_ns): each for each in found.held}
    rows = [
        _stretch(found, place, thread, bin_, held)
        for place, thread in enumerate(found.threads)
        for bin_ in range(found.bins.count)
        if thread.lane.time[:, bin_].any()
    ]
    if not rows:
        raise Undecided("nothing to draw")
    frame = pd.DataFrame(rows)
    return frame.drop(columns=[kind for kind in KINDS if not frame[kind].map(bool).any()])


def _stretch(
    found: LoopTime, place: int, thread: Thread, bin_: int, held: Mapping[tuple[int, int], Held]
) -> dict[str, Any]:
    """Return the row of one stretch of one lane."""
    (size, _), bins, lane = unit_of(found), found.bins, thread.lane
    measured = bool(lane.time[list(KNOWN)].any())
    row: dict[str, Any] = {
        "place": place,
        "thread": harmless(f"{thread.name} {thread.tid}"),
        "from": bin_ * bins.width_ns / size,
        "to": (bin_ + 1) * bins.width_ns / size,
    }
    for kind, name in enumerate(KINDS):
        known = measured or kind not in KNOWN
        row[name] = round(100 * int(lane.time[kind, bin_]) / bins.width_ns, 2) if known else None
    row |= {"waits": int(lane.waits[bin_]), "events": int(lane.events[bin_])}
    longest = lane.held.get(bin_)
    if longest is None:
        return row | dict.fromkeys(("held_from", "held_until", "held_by"))
    from_ns = longest.at_ns - bins.first_ns
    return row | {
        "held_from": from_ns / size,
        "held_until": (from_ns + longest.ns) / size,
        "held_by": harmless(localized(held_by(held[thread.tid, longest.at_ns]))),
    }


def _headings(unit: str) -> dict[str, str]:
    return {
        "thread": message("thread"),
        "from": message("from, {unit}", unit=unit),
        "to": message("to, {unit}", unit=unit),
        **{kind: message("{what}, %", what=said) for kind, said in SAID.items()},
        "waits": message("waits that returned"),
        "events": message("events"),
        "held_from": message("held up from, {unit}", unit=unit),
        "held_until": message("held up until, {unit}", unit=unit),
        "held_by": message("what held it up"),
    }


def _chart(rows: pd.DataFrame, titles: Sequence[str], unit: str, end: float) -> alt.LayerChart:
    kinds = [kind for kind in KINDS if kind in rows]
    said = [localized(SAID[kind]) for kind in kinds]
    axis = alt.Axis(grid=True, tickCount=8)
    base = alt.Chart(rows).encode(
        y=alt.Y(
            "y:Q",
            axis=None,
            scale=alt.Scale(domain=[0, len(titles)], nice=False, reverse=True),
        )
    )
    x_title = localized(message("{unit} since the recording began", unit=unit))
    x = alt.X("from:Q", title=x_title, axis=axis, scale=alt.Scale(domain=[0, end], nice=False))
    headings = {name: localized(title) for name, title in _headings(unit).items()}
    bars = (
        base.transform_fold(list[str | alt.FieldName](kinds), as_=["key", "percent"])
        .transform_filter("datum.percent > 0")
        .transform_calculate(order=f"indexof({json.dumps(kinds)}, datum.key)")
        .transform_calculate(kind=f"{json.dumps(said)}[datum.order]")
        .transform_stack(
            stack="percent",
            as_=["low", "high"],
            groupby=["place", "from"],
            sort=[alt.SortField("order")],
        )
        .transform_calculate(
            y=f"datum.place + {LOW} - {LOW - TOP} * min(100, datum.low) / 100",
            y2=f"datum.place + {LOW} - {LOW - TOP} * min(100, datum.high) / 100",
        )
        .mark_rect()
        .encode(
            x=x,
            x2=alt.X2("to:Q"),
            y2=alt.Y2("y2:Q"),
            color=alt.Color("kind:N", title=None, scale=_colours(kinds, said)),
            tooltip=[
                word("thread", headings["thread"]),
                number("from", headings["from"], ",.4~g"),
                *(number(kind, headings[kind], ".3~g") for kind in kinds),
                number("waits", headings["waits"]),
                number("events", headings["events"]),
            ],
        )
    )
    held = base.transform_filter("isValid(datum.held_from)").transform_calculate(
        y=f"datum.place + {MARK}"
    )
    tooltip = [
        word("thread", headings["thread"]),
        number("held_from", headings["held_from"], ",.4~g"),
        number("held_until", headings["held_until"], ",.4~g"),
        word("held_by", headings["held_by"]),
    ]
    lasts = held.mark_rule(color=INK, strokeWidth=3).encode(
        x=x.copy(), x2=alt.X2("held_until:Q"), tooltip=tooltip
    )
    begins = held.mark_point(shape="triangle-up", filled=True, color=INK, size=40, opacity=1)
    names = (
        base.transform_aggregate(groupby=["place"])
        .transform_calculate(
            y=f"datum.place + {TOP / 2}", title=f"{json.dumps(list(titles))}[datum.place]"
        )
        .mark_text(align="left", color=INK, fontSize=12.5, limit=alt.expr("width"))
        .encode(x=alt.value(0), text=alt.Text("title:N"))
    )
    at = alt.X("held_from:Q", title=x_title)
    return layered(
        bars,
        lasts.encode(x=at),
        begins.encode(x=at, tooltip=tooltip),
        names,
        height=LANE_PX * len(titles),
    )


def _colours(kinds: Sequence[str], words: Sequence[str]) -> alt.Scale:
    """Return the colour scale of ``words``, those for ``kinds``."""
    colours = [*(f"var(--model-{n})" for n in COLOURS), INK]
    return alt.Scale(domain=list(words), range=[colours[KINDS.index(kind)] for kind in kinds])
