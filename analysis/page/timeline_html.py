"""The timeline of one call as HTML: an ordered list laid out in lanes. No script, no image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from analysis.page.templates import environment
from analysis.timeline import Timeline, gap_ns
from analysis.timeline.layout import Placed, placed_spans, track_of
from analysis.timeline.parts import Arrow, Moment
from analysis.timeline.shortened import shortened
from analysis.timeline.text import microseconds, time_words
from tracer.shared.message import localized, message, message_n

KIND_WORDS: Final = {
    "call": message("system call"),
    "function": message("function"),
    "fd_poll": message("poll of an fd"),
    "entry": message("entry queued or removed"),
    "callback": message("callback"),
    "wakeup": message("wakeup"),
    "switch": message("off and on the CPU"),
    "copy": message("copy"),
    "signal": message("signal"),
    "user": message("your own probe"),
}
"""What the boxes' colours mean."""


MOST_MOMENTS: Final = 36
"""Further moments of a call repeat what was shown; the terminal shows them all."""


@dataclass(frozen=True)
class _Row:
    """A moment, its place in the grid (``line``), and what is shown with it.

    ``side``: the column. ``to``: where an arrow goes, "" if there is none, and the ``track`` it
    ends at. ``begins``: the notes of the bars that begin here.
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


def timeline_html(timeline: Timeline) -> Markup:
    """Return a ``figure`` of ``timeline`` in the language in use; its style is timeline.css."""
    timeline = shortened(timeline, MOST_MOMENTS)
    placed = placed_spans(timeline)
    bars = [_bar(timeline, each) for each in placed]
    text = environment().get_template("timeline.html.j2").render(
        timeline=timeline,
        rows=_rows(timeline, placed, bars),
        bars=[bar for bar in bars if bar.end > bar.first],
        tracks=max((bar.track for bar in placed), default=-1) + 1,
        left_out=message_n(
            "{count} moment is omitted", "{count} moments are omitted", count=timeline.left_out
        ),
        left_out_line=_line(timeline, timeline.left_out_at) - 1,
        lines=len(timeline.moments) + (1 if timeline.left_out else 0),
    )  # fmt: skip
    return Markup(text)  # noqa: S704 - autoescaped by the template


def _line(timeline: Timeline, number: int) -> int:
    """Return a moment's line in the grid, from 1; one more after what was left out."""
    return number + 1 + (1 if timeline.left_out and number >= timeline.left_out_at else 0)


def _bar(timeline: Timeline, placed: Placed) -> _Bar:
    first, end = _line(timeline, placed.first), _line(timeline, placed.last) + 1
    words = placed.words
    if placed.bar == "asleep":
        woken = placed.ends and timeline.moments[placed.last].side == "waiter"
        first, end = first + 1, end - 1 if woken else end
        if woken:
            words = message("asleep for {time}", time=time_words(placed.lasts_ns))
    elif not placed.opens:
        words = message("{words}, from earlier", words=words)
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


def _rows(timeline: Timeline, placed: list[Placed], bars: Sequence[_Bar]) -> list[_Row]:
    arrows = {arrow.moment: arrow for arrow in timeline.arrows}
    begun: dict[int, list[_Bar]] = {}
    for each, bar in zip(placed, bars, strict=True):
        begun.setdefault(each.first, []).append(bar)
    return [
        _row(timeline, number, arrows.get(number), placed, begun.get(number, []))
        for number in range(len(timeline.moments))
    ]


def _row(
    timeline: Timeline, number: int, arrow: Arrow | None, placed: list[Placed], begun: list[_Bar]
) -> _Row:
    moment, gap = timeline.moments[number], gap_ns(timeline, number)
    return _Row(
        moment=moment,
        line=_line(timeline, number),
        side=moment.side,
        who=timeline.lanes[moment.lane].name,
        kind=KIND_WORDS[moment.kind],
        time=microseconds(moment.after_ns),
        gap=localized(message("{time} later", time=time_words(gap))) if gap else "",
        to=arrow.to if arrow else "",
        track=track_of(arrow, placed) if arrow else 0,
        begins=tuple({bar.words: bar for bar in begun}.values()),
    )
