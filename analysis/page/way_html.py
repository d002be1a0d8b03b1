"""The way of one event as HTML: an ordered list laid out in lanes. No script, no image."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.page.plain import plain
from analysis.way import Way, gap_ns
from analysis.way.layout import Placed, placed_spans, track_of
from analysis.way.parts import Arrow, Moment
from analysis.way.shortened import shortened
from analysis.way.text import microseconds, time_words
from tracer.shared.say import say, say_n, shown

HERE: Final = Path(__file__).parent

KIND_WORDS: Final = {
    "call": say("system call"),
    "function": say("function"),
    "look": say("poll of an fd"),
    "entry": say("entry queued or removed"),
    "callback": say("callback"),
    "wakeup": say("wakeup"),
    "switch": say("off and on the CPU"),
    "copy": say("copy"),
    "signal": say("signal"),
    "user": say("your own probe"),
}
"""What the colours of the boxes mean."""


MOST_MOMENTS: Final = 36
"""More of one call repeat what was seen; the terminal tells them all."""


@dataclass(frozen=True)
class _Row:
    """A moment, its place in the grid (``line``), and what is shown with it.

    ``side``: the column. ``to``: where an arrow goes, "" where there is none, and the ``track``
    it ends at. ``begins``: the notes of the bars that begin here.
    """

    moment: Moment
    line: int
    side: str
    who: str
    kind: str
    time: str
    gap: str
    to: str
    track: int
    begins: tuple[_Bar, ...]


@dataclass(frozen=True)
class _Bar:
    """A bar from the line ``first`` of the grid to before ``end``; ``name`` is its class."""

    name: str
    first: int
    end: int
    track: int
    words: str
    opens: bool
    ends: bool
    seen: bool


def way_html(way: Way) -> Markup:
    """Return a ``figure`` that shows ``way``, in the language in use; its style is way.css."""
    way = shortened(way, MOST_MOMENTS)
    placed = placed_spans(way)
    bars = [_bar(way, each) for each in placed]
    text = _environment().get_template("way.html.j2").render(
        way=way,
        rows=_rows(way, placed, bars),
        bars=[bar for bar in bars if bar.end > bar.first],
        tracks=max((bar.track for bar in placed), default=-1) + 1,
        left_out=say_n(
            "{count} moment is left out", "{count} moments are left out", count=way.left_out
        ),
        left_out_line=_line(way, way.left_out_at) - 1,
        lines=len(way.moments) + (1 if way.left_out else 0),
    )  # fmt: skip
    return Markup(text)  # noqa: S704 - autoescaped by the template


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=plain,
    )
    environment.globals["_"] = shown
    return environment


def _line(way: Way, number: int) -> int:
    """Return the line of the grid of a moment: from 1, one more after what was left out."""
    return number + 1 + (1 if way.left_out and number >= way.left_out_at else 0)


def _bar(way: Way, placed: Placed) -> _Bar:
    first, end = _line(way, placed.first), _line(way, placed.last) + 1
    words = placed.words
    if placed.bar == "asleep":
        woken = placed.ends and way.moments[placed.last].side == "waiter"
        first, end = first + 1, end - 1 if woken else end
        if woken:
            words = say("asleep for {time}", time=time_words(placed.lasts_ns))
    elif not placed.opens:
        words = say("{words}, from before", words=words)
    return _Bar(
        name=placed.bar.replace(" ", "-"),
        first=first,
        end=end,
        track=placed.track,
        words=words,
        opens=placed.opens,
        ends=placed.ends,
        seen=placed.seen,
    )


def _rows(way: Way, placed: list[Placed], bars: Sequence[_Bar]) -> list[_Row]:
    arrows = {arrow.moment: arrow for arrow in way.arrows}
    begun: dict[int, list[_Bar]] = {}
    for each, bar in zip(placed, bars, strict=True):
        begun.setdefault(each.first, []).append(bar)
    return [
        _row(way, number, arrows.get(number), placed, begun.get(number, []))
        for number in range(len(way.moments))
    ]


def _row(
    way: Way, number: int, arrow: Arrow | None, placed: list[Placed], begun: list[_Bar]
) -> _Row:
    moment, gap = way.moments[number], gap_ns(way, number)
    return _Row(
        moment=moment,
        line=_line(way, number),
        side=moment.side,
        who=way.lanes[moment.lane].name,
        kind=KIND_WORDS[moment.kind],
        time=microseconds(moment.after_ns),
        gap=shown(say("{time} later", time=time_words(gap))) if gap else "",
        to=arrow.to if arrow else "",
        track=track_of(arrow, placed) if arrow else 0,
        begins=tuple({bar.words: bar for bar in begun}.values()),
    )
