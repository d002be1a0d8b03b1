"""The fds with the most calls: one bar each, with its name above."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.fds.words import fd_and_name
from analysis.looptime.hotfds import HotFds
from analysis.pictures.kinds import COLOURS, INK
from analysis.pictures.layers import layered
from analysis.pictures.marks import number, word
from analysis.pictures.picture import Picture
from analysis.terminal.tables import harmless
from tracer.shared.message import Message, localized, message, message_n

SHOWN: Final = 10
STEP_PX: Final = 40
NUMBER_PX: Final = 80
"""Width for a number at the end of a name."""


def hot_picture(found: HotFds) -> Picture:
    """Return the picture of the first SHOWN of ``found``."""
    return Picture(
        title=message("Calls on each fd"),
        shows=_shows(found),
        rows=lambda: _rows(found),
        chart=_chart,
        headings={
            "what": message("what it is"),
            "pid": "pid",
            "calls": message("calls"),
            "percent": message("share of all calls on fds, %"),
        },
    )


def _shows(found: HotFds) -> Message:
    drawn = found.rows.head(SHOWN)
    more = found.more + len(found.rows) - len(drawn)
    return message_n(
        "Calls on each fd, of {all:,} calls on fds; {count:,} more fd had {rest:,} of them.",
        "Calls on each fd, of {all:,} calls on fds; {count:,} more fds had {rest:,} of them.",
        count=more,
        all=found.all_calls,
        rest=found.all_calls - int(drawn["calls"].sum()),
    )


def _rows(found: HotFds) -> pd.DataFrame:
    """Return what, pid, calls, percent and place (the order), most calls first."""
    rows = found.rows.head(SHOWN)
    if rows.empty or not found.all_calls:
        raise Undecided("nothing to draw")
    what = [
        harmless(localized(fd_and_name(fd, name)))
        for fd, name in zip(rows["fd"].tolist(), rows["name"].tolist(), strict=True)
    ]
    calls = rows["calls"].astype(int)
    return pd.DataFrame(
        {
            "what": what,
            "pid": rows["pid"].astype(int).tolist(),
            "calls": calls.tolist(),
            "percent": (100 * calls / found.all_calls).round(2).tolist(),
            "place": range(len(rows)),
        }
    )


def _chart(rows: pd.DataFrame) -> alt.LayerChart:
    base = alt.Chart(rows).encode(
        y=alt.Y("place:O", axis=None),
        tooltip=[
            word("what", localized("what it is")),
            alt.Tooltip("pid:Q", title="pid"),
            number("calls", localized("calls")),
            number("percent", localized("share of all calls on fds, %"), ".3~g"),
        ],
    )
    bars = base.mark_bar(color=COLOURS[0], height=10, yOffset=9).encode(
        x=alt.X("calls:Q", title=localized("calls"), axis=alt.Axis(grid=False, tickCount=5))
    )
    room = alt.expr(f"width - {NUMBER_PX}")
    words = base.mark_text(align="left", color=INK, dy=-8, fontSize=12, limit=room)
    numbers = base.mark_text(align="right", color=INK, dy=-8, fontSize=12, fontWeight="bold")
    return layered(
        bars,
        words.encode(x=alt.value(0), text=alt.Text("what:N")),
        numbers.encode(x=alt.value("width"), text=alt.Text("calls:Q", format=",")),
        height=alt.Step(STEP_PX),
    )
