"""The timeline of one call in a wide terminal: waiter left, wakers right, entries between them.

::

          µs  waiter 141                                  waker 145
         168  queues 41 entries, one on the wait queue… ─┐  ⌊ 41 entries on the wait queues of …
         634  gives up the CPU and sleeps               │
      54,849  ┆ asleep for 55.1 ms                      ├─ runs the callback of the entry on fd 3
      54,960  ┆                                        ◂┼─ makes the waiter runnable
      56,535  takes 41 entries off                     ─┘
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from analysis.terminal.colour import KIND_STYLES
from analysis.terminal.tables import harmless
from analysis.timeline import Timeline, gap_ns
from analysis.timeline.layout import Placed, placed_spans
from analysis.timeline.parts import Arrow, Moment, Side
from analysis.timeline.text import microseconds, time_words
from tracer.shared.message import localized, message

NARROWEST: Final = 100
"""With fewer columns, two lanes are too narrow to read."""

TIME: Final = 10
DIM: Final = "dim"
RAILS: Final = "yellow"
ASLEEP: Final = Text("┆", DIM)
Cells = list[Text]


def timeline_lanes(timeline: Timeline, width: int, coloured: bool = False) -> str:
    """Return the picture in ``width`` columns, at least NARROWEST."""
    bars = placed_spans(timeline)
    tracks = max((bar.track for bar in bars), default=-1) + 1
    lane = (width - TIME - tracks - 6) // 2
    console = Console(
        file=io.StringIO(),
        width=width,
        highlight=False,
        force_terminal=coloured,
        color_system="standard" if coloured else None,
        no_color=not coloured,
    )
    for line in [*_head(timeline, lane, tracks), *_body(timeline, bars, lane, tracks, console)]:
        console.print(line, soft_wrap=True)
    text = console.file.getvalue() if isinstance(console.file, io.StringIO) else ""
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n")


def _head(timeline: Timeline, lane: int, tracks: int) -> Iterator[Text]:
    yield Text(_clean(timeline.title), style="bold")
    parts = (timeline.kernel, timeline.phase, timeline.trace)
    yield Text(" · ".join(harmless(part) for part in parts if part), style=DIM)
    yield Text("")
    wakers = ", ".join(_clean(each.name) for each in timeline.lanes[1:])
    names = [Text(_clean(timeline.lanes[0].name), style="bold")], [Text(wakers, style="bold")]
    yield from _line_up("µs", names[0], [Text(" " * (tracks + 2))], names[1], lane)
    yield Text("─" * (TIME + tracks + 6 + 2 * lane), style=DIM)


def _body(
    timeline: Timeline, bars: Sequence[Placed], lane: int, tracks: int, console: Console
) -> Iterator[Text]:
    arrows = {arrow.moment: arrow for arrow in timeline.arrows}
    for number, moment in enumerate(timeline.moments):
        sleep = _sleep_at(bars, number)
        gap = gap_ns(timeline, number)
        if gap:
            words = _clean(message("{time} later", time=time_words(gap)))
            asleep = [ASLEEP] if sleep else []
            yield from _line_up(
                "", asleep, _gap_rails(bars, number, tracks), [Text(f"… {words}", DIM)], lane
            )
        own = _wrapped(_words(timeline, moment, lane), lane, console)
        notes = _wrapped(_notes(bars, number), lane, console)
        if moment.side == "waiter":
            left, right = own, notes
        else:
            right = own + notes
            left = _asleep(sleep, number, len(right)) if sleep else []
        rails = _rails(bars, number, tracks, max(len(left), len(right)))
        if number in arrows:
            rails[0] = _with_arrow(rails[0].plain, arrows[number], moment.side, bars)
        yield from _line_up(microseconds(moment.after_ns), left, rails, right, lane)


def _words(timeline: Timeline, moment: Moment, lane: int) -> Cells:
    """Return the words for a moment, and the kernel's name after them or, if long, below.

    The words for a system call contain its name.
    """
    many = f" x{moment.count}" if moment.count > 1 else ""
    who = (
        f"{_clean(timeline.lanes[moment.lane].name)}: "
        if len(timeline.lanes) > 2 and moment.lane
        else ""
    )
    words = Text(f"{who}{_clean(moment.words)}", style=KIND_STYLES[moment.kind])
    kernel = Text(f"{harmless(moment.kernel)}{many}", style=DIM)
    if moment.kind == "call":
        return [words]
    if words.cell_len + kernel.cell_len + 2 > lane:
        return [words, kernel]
    return [Text.assemble(words, "  ", kernel)]


def _notes(bars: Sequence[Placed], number: int) -> Cells:
    begun = [bar for bar in bars if bar.first == number and bar.track >= 0]
    words = dict.fromkeys(_clean(bar.words) for bar in begun)
    return [Text(f"⌊ {each}", style=DIM) for each in words]


def _sleep_at(bars: Sequence[Placed], number: int) -> Placed | None:
    """Return the sleep that is going on at a moment, and began before it."""
    slept = (bar for bar in bars if bar.bar == "asleep" and bar.first < number <= bar.last)
    return next(slept, None)


def _asleep(sleep: Placed, number: int, height: int) -> Cells:
    """Return the waiter's side while it sleeps; its duration is shown where it begins."""
    words = _clean(message("asleep for {time}", time=time_words(sleep.lasts_ns)))
    first = Text(f"┆ {words}", DIM) if number == sleep.first + 1 else ASLEEP
    return [first, *[ASLEEP] * (height - 1)]


def _rails(bars: Sequence[Placed], number: int, tracks: int, height: int) -> Cells:
    """Return the lines of the middle column of one moment: what is queued, and until which line."""
    lines = []
    for line in range(height):
        rails = [" "] * tracks
        for bar in bars:
            over = bar.ends and number == bar.last and line > 0
            if bar.track >= 0 and bar.first <= number <= bar.last and not over:
                rails[bar.track] = _rail(bar)
        lines.append(Text(f" {''.join(rails)} ", RAILS))
    return lines


def _gap_rails(bars: Sequence[Placed], number: int, tracks: int) -> Cells:
    """Return the line of the middle column between a moment and the one before."""
    rails = [" "] * tracks
    for bar in bars:
        if bar.track >= 0 and bar.first < number <= bar.last:
            rails[bar.track] = _rail(bar)
    return [Text(f" {''.join(rails)} ", RAILS)]


def _rail(bar: Placed) -> str:
    return "│" if bar.seen else "┊"


def _with_arrow(line: str, arrow: Arrow, side: Side, bars: Sequence[Placed]) -> Text:
    """Return the middle column's line with an arrow through it, from the lane ``side``."""
    crossed = ["┼" if rail != " " else "─" for rail in line]
    if arrow.to == "waiter":
        return Text("◂" + "".join(crossed[1:-1]) + "─", RAILS)
    bar = next((each for each in bars if each.span == arrow.span), None)
    if bar is None:
        return Text(line, RAILS)
    place = bar.track + 1
    if side == "waiter":
        joint = {bar.first: "┐", bar.last: "┘"}.get(arrow.moment, "┤")
        return Text("─" + "".join(crossed[1:place]) + joint + line[place + 1 :], RAILS)
    joint = {bar.first: "┌", bar.last: "└"}.get(arrow.moment, "├")
    return Text(line[:place] + joint + "".join(crossed[place + 1 :]), RAILS)


def _line_up(time: str, left: Cells, rails: Cells, right: Cells, lane: int) -> Iterator[Text]:
    """Yield the lines of one row: each cell in its column."""
    for place in range(max(len(left), len(rails), len(right))):
        line = Text()
        line.append((time if place == 0 else "").rjust(TIME - 2), style=DIM)
        line.append("  ")
        for cells in (left, rails, right):
            cell = cells[place].copy() if place < len(cells) else Text()
            if cells is not rails:
                cell.pad_right(max(lane - cell.cell_len, 0))
            line.append_text(cell)
            line.append(" ")
        line.rstrip()
        yield line


def _wrapped(cells: Cells, width: int, console: Console) -> Cells:
    return [line for cell in cells for line in cell.wrap(console, width)]


def _clean(text: str) -> str:
    return harmless(localized(text))
