"""The way of one event as HTML: an ordered list laid out in lanes. No script, no image."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.tables import harmless
from analysis.way import Way, gap_ns
from analysis.way_layout import Placed, placed_spans
from analysis.way_parts import Moment
from analysis.way_text import time_words
from tracer.say import say, shown

HERE: Final = Path(__file__).parent

KIND_WORDS: Final = {
    "call": say("system call"),
    "function": say("function"),
    "look": say("look at a file"),
    "entry": say("entry hung or dropped"),
    "callback": say("callback"),
    "wakeup": say("wakeup"),
    "switch": say("off and on the CPU"),
    "copy": say("copy"),
    "signal": say("signal"),
    "user": say("your own probe"),
}
"""What the colours of the boxes mean."""


@dataclass(frozen=True)
class _Row:
    """A moment and where it stands: ``line`` of the grid, and what begins with it."""

    moment: Moment
    line: int
    time: str
    gap: str
    who: str
    arrow: str
    begins: tuple[Placed, ...]


def way_html(way: Way) -> Markup:
    """Return a ``figure`` that shows ``way``, in the language in use; its style is way.css."""
    bars = placed_spans(way)
    text = _environment().get_template("way.html.j2").render(
        way=way,
        rows=_rows(way, bars),
        bars=bars,
        tracks=max((bar.track for bar in bars), default=0) + 1,
        kinds=_kinds(way),
        wakers=way.lanes[1:],
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
    )
    environment.globals["_"] = lambda text: harmless(shown(text))
    return environment


def _rows(way: Way, bars: Sequence[Placed]) -> list[_Row]:
    arrows = {arrow.moment: arrow.to for arrow in way.arrows}
    rows = []
    for number, moment in enumerate(way.moments):
        gap = gap_ns(way, number)
        begun = tuple(bar for bar in bars if bar.first == number)
        rows.append(
            _Row(
                moment=moment,
                line=number + 1,
                time=shown(time_words(moment.after_ns)),
                gap=shown(time_words(gap)) if gap else "",
                who=way.lanes[moment.lane].name if len(way.lanes) > 2 and moment.lane else "",
                arrow=arrows.get(number, ""),
                begins=begun,
            )
        )
    return rows


def _kinds(way: Way) -> list[tuple[str, str]]:
    there = {moment.kind for moment in way.moments}
    return [(kind, words) for kind, words in KIND_WORDS.items() if kind in there]
