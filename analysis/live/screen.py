"""The screen of ``tracer top``: loops, hot fds, signs; as text, or for a live terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from analysis.live.rows import Comms, Names, Row, View
from analysis.live.signs import Sign
from tracer.shared.message import localized, message
from tracer.shared.visible import visible

MOST_LOOPS: Final = 12
MOST_CALLS: Final = 12
MOST_SIGNS: Final = 6
NONE: Final = "–"  # noqa: RUF001 - a dash that no number can be taken for


def screen(head: str, view: View, found: Sequence[Sign]) -> Group:
    """Return what to show of one interval: ``head``, what is wrong so far, the rows."""
    parts: list[Any] = [Text(head)]
    parts += [Text(line) for line in sign_lines(found, view)]
    if view.loops:
        parts.append(_loops(view.loops[:MOST_LOOPS], view))
    if view.others:
        parts.append(_calls(view.others[:MOST_CALLS], view))
    for rows, most in ((view.loops, MOST_LOOPS), (view.others, MOST_CALLS)):
        if len(rows) > most:
            parts.append(Text(localized(message("and {n:,} more rows", n=len(rows) - most))))
    return Group(*parts)


def sign_lines(found: Sequence[Sign], view: View) -> Iterator[str]:
    """Yield a line per sign; one if there is none."""
    if not found:
        yield localized(message("nothing wrong so far"))
    for sign in found[:MOST_SIGNS]:
        who = _who(sign.row, view.comms)
        on = _on(sign.row, view.names)
        yield f"! {who}: {sign.row.call.name}{f' ({on})' if on else ''}: {localized(sign.words)}"
    if len(found) > MOST_SIGNS:
        yield "  " + localized(message("and {n:,} more", n=len(found) - MOST_SIGNS))


def _loops(rows: Sequence[Row], view: View) -> Table:
    alone = _alone(rows)
    laid = _table(
        _heading(message("loop"), alone, view),
        [message("waits/s"), message("events"), message("empty"), message("timeout 0"),
         message("slept"), message("woken/s"), message("µs"), message("away p99"),
         message("max ms")],
        wrap=True,
    )  # fmt: skip
    for row in rows:
        laid.add_row(
            _what(row, view, alone), f"{row.per_s:,.0f}", _number(row.returned_per_call),
            _percent(row.share("empty")), _percent(row.share("at_once")),
            _percent(row.share("slept")), f"{row.wakeups_per_s:,.0f}",
            f"{row.kernel_ns / 1e3:,.1f}", _ms(row.gap_p99_ns), _ms(row.sums["longest_gap_ns"]),
        )  # fmt: skip
    return laid


def _calls(rows: Sequence[Row], view: View) -> Table:
    alone = _alone(rows)
    laid = _table(
        _heading(message("call"), alone, view),
        [message("calls/s"), message("returned"), message("no data"), message("fail"),
         message("slept"), message("µs"), message("max ms")],
    )  # fmt: skip
    for row in rows:
        laid.add_row(
            _what(row, view, alone), f"{row.per_s:,.0f}", _number(row.returned_per_call),
            _percent(row.share("again")), _percent(row.share("failed") - row.share("again")),
            _percent(row.share("slept")), f"{row.kernel_ns / 1e3:,.1f}",
            _ms(row.sums["longest_ns"]),
        )  # fmt: skip
    return laid


def _table(what: str, numbers: Sequence[str], *, wrap: bool = False) -> Table:
    """Return an empty table; its first column gets the width that the numbers leave."""
    laid = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=True)
    laid.add_column(Text(what), overflow="fold" if wrap else "ellipsis", no_wrap=not wrap, ratio=1)
    for number in numbers:
        head = localized(number).replace(" ", "\n")
        laid.add_column(Text(head), justify="right", no_wrap=True)
    return laid


def _alone(rows: Sequence[Row]) -> Row | None:
    """Return a row if its thread has all others too: then its name is shown above them."""
    return rows[0] if len({row.tid for row in rows}) == 1 else None


def _heading(what: str, alone: Row | None, view: View) -> str:
    return f"{localized(what)}: {_who(alone, view.comms)}" if alone else localized(what)


def _what(row: Row, view: View, alone: Row | None) -> str:
    who = "" if alone else _who(row, view.comms)
    return " ".join(filter(None, (row.call.name, _on(row, view.names), who)))


def _who(row: Row, comms: Comms) -> str:
    return f"{visible(comms(row.tid))} {row.tid}".strip()


def _on(row: Row, names: Names) -> str:
    if row.fd < 0:
        return ""
    name = names(row.pid, row.fd)
    return f"fd {row.fd}" + (f" {visible(name)}" if name else "")


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:,.1f}"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share else "0"


def _ms(ns: int | None) -> str:
    return f"{ns / 1e6:,.2f}" if ns else NONE
