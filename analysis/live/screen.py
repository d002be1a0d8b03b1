"""The screen of ``tracer top``: loops, hot fds, signs; as text, or for a live terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from analysis.live.rows import Row
from analysis.live.signs import Sign
from tracer.shared.message import localized, message
from tracer.shared.visible import visible

MOST_LOOPS: Final = 12
MOST_FDS: Final = 12
MOST_SIGNS: Final = 6
NONE: Final = "–"  # noqa: RUF001 - a dash that no number can be taken for

Names = Callable[[int, int], str]
"""(pid, fd) → what is behind the fd; empty if that is not known."""
Comms = Callable[[int], str]
"""tid → the name of the task; empty if it has ended."""


def screen(
    head: str, loops: Sequence[Row], others: Sequence[Row], found: Sequence[Sign],
    names: Names, comms: Comms,
) -> Group:  # fmt: skip
    """Return what is to be shown of one interval.

    Args:
        head: the first line.
        loops, others: rows of the interval (analysis.live.rows).
        found: what is wrong since the beginning.
        names, comms: what fds and tasks are called.
    """
    parts: list[Any] = [Text(head)]
    parts += [Text(line) for line in sign_lines(found, names, comms)]
    if loops:
        parts.append(_loops(loops[:MOST_LOOPS], names, comms))
    if others:
        parts.append(_fds(others[:MOST_FDS], names, comms))
    for rows, most in ((loops, MOST_LOOPS), (others, MOST_FDS)):
        if len(rows) > most:
            parts.append(Text(localized(message("and {n:,} rows more", n=len(rows) - most))))
    return Group(*parts)


def sign_lines(found: Sequence[Sign], names: Names, comms: Comms) -> Iterator[str]:
    """Yield a line per sign; one if there is none."""
    if not found:
        yield localized(message("nothing wrong so far"))
    for sign in found[:MOST_SIGNS]:
        who = _who(sign.row, comms)
        on = _on(sign.row, names)
        yield f"! {who}: {sign.row.call.name}{f' ({on})' if on else ''}: {localized(sign.words)}"
    if len(found) > MOST_SIGNS:
        yield "  " + localized(message("and {n:,} more", n=len(found) - MOST_SIGNS))


def _loops(rows: Sequence[Row], names: Names, comms: Comms) -> Table:
    laid = _table(
        [message("loop"), message("waits by")],
        [message("waits/s"), message("events/wait"), message("empty"), message("timeout 0"),
         message("slept"), message("kernel µs"), message("away p99 ms"), message("max")],
    )  # fmt: skip
    for row in rows:
        on = _on(row, names)
        laid.add_row(
            _who(row, comms), f"{row.call.name} {on}".rstrip(), f"{row.per_s:,.0f}",
            _number(row.returned_per_call), _percent(row.share("empty")),
            _percent(row.share("at_once")), _percent(row.share("slept")),
            f"{row.kernel_ns / 1e3:,.1f}", _ms(row.gap_p99_ns), _ms(row.sums["longest_gap_ns"]),
        )  # fmt: skip
    return laid


def _fds(rows: Sequence[Row], names: Names, comms: Comms) -> Table:
    laid = _table(
        [message("process"), message("call"), message("on")],
        [message("calls/s"), message("returned"), message("EAGAIN"), message("fail"),
         message("slept"), message("kernel µs"), message("max ms")],
    )  # fmt: skip
    for row in rows:
        laid.add_row(
            _who(row, comms), row.call.name, _on(row, names), f"{row.per_s:,.0f}",
            _number(row.returned_per_call), _percent(row.share("again")),
            _percent(row.share("failed") - row.share("again")), _percent(row.share("slept")),
            f"{row.kernel_ns / 1e3:,.1f}", _ms(row.sums["longest_ns"]),
        )  # fmt: skip
    return laid


def _table(words: Sequence[str], numbers: Sequence[str]) -> Table:
    laid = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for word in words:
        laid.add_column(Text(localized(word)), overflow="fold")
    for number in numbers:
        laid.add_column(Text(localized(number)), justify="right", no_wrap=True)
    return laid


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
