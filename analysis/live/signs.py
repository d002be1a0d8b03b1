"""What is wrong with a loop, as far as sums show: brief, and only if the numbers are clear.

A recording shows more (``tracer report``): it has each call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.live.rows import Row
from tracer.shared.message import Message, message
from tracer.shared.syscalls import HOLDING

FEWEST: Final = 100
"""With fewer calls nothing is said about a row."""
MOSTLY: Final = 0.5
"""From this share of calls on, something is what a loop mostly does."""
OFTEN: Final = 0.1
"""From this share of calls on, something is worth reporting."""
HELD_UP_NS: Final = 100_000_000
"""Between two waits: clients notice longer gaps."""
PER_S: Final = 1000.0
"""Empty waits per second from which on they cost a noticeable part of a CPU."""


@dataclass(frozen=True)
class Sign:
    """One thing that is wrong: its name, which row shows it, and the words for it."""

    id: str
    row: Row
    words: Message


def signs(loops: Sequence[Row], others: Sequence[Row]) -> list[Sign]:
    """Return what is wrong, by loop; rows with few calls are skipped."""
    found = [sign for row in loops for sign in _of_loop(row)]
    return found + [sign for row in others for sign in _of_call(row)]


def _of_loop(row: Row) -> Iterator[Sign]:
    if row.sums["longest_gap_ns"] >= HELD_UP_NS:
        yield Sign(
            "held-up", row,
            message(
                "was away from its wait for up to {ms:,.0f} ms",
                ms=row.sums["longest_gap_ns"] / 1e6,
            ),
        )  # fmt: skip
    if row.sums["calls"] < FEWEST:
        return
    if row.share("at_once") >= MOSTLY and row.share("empty") >= MOSTLY and row.per_s >= PER_S:
        yield Sign(
            "busy-polling", row,
            message(
                "polls without waiting: {at_once:.0%} of {per_s:,.0f} waits per second have a "
                "timeout of 0, {empty:.0%} find nothing",
                at_once=row.share("at_once"), per_s=row.per_s, empty=row.share("empty"),
            ),
        )  # fmt: skip
    if row.share("saturated") >= OFTEN:
        yield Sign(
            "saturated", row,
            message(
                "{share:.0%} of its waits return as many events as maxevents allows",
                share=row.share("saturated"),
            ),
        )  # fmt: skip


def _of_call(row: Row) -> Iterator[Sign]:
    if row.sums["calls"] < FEWEST or row.call.family in HOLDING:  # open is tried in many places
        return
    failed = row.sums["failed"] - row.sums["again"]
    if row.share("again") >= MOSTLY:
        yield Sign(
            "finds-nothing", row,
            message(
                "{share:.0%} of {calls:,} calls find nothing (EAGAIN)",
                share=row.share("again"), calls=row.sums["calls"],
            ),
        )  # fmt: skip
    if failed / row.sums["calls"] >= OFTEN:
        yield Sign(
            "fails", row,
            message(
                "{share:.0%} of {calls:,} calls fail",
                share=failed / row.sums["calls"], calls=row.sums["calls"],
            ),
        )  # fmt: skip
