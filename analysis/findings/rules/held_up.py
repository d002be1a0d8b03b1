"""The loop was held up: a long time passed between two waits of a thread, and where it went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analysis.findings.duration import lasting, spread_numbers, spread_words
from analysis.findings.gaps import Gaps
from analysis.findings.parts import Largest, Parts, Row, Sums, rows_of
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import UNKNOWN, WAITS, are_of, calls
from analysis.windows.distribution import Distribution
from analysis.windows.window import Window
from tracer.shared.message import joined, message
from tracer.shared.syscalls import by_number_of

HELD: Final = Threshold(
    10_000_000, "ns", message("time between two waits from which a loop counts as held up")
)
TIMES: Final = Threshold(3, "times", message("how often a loop was held up, at least"))
SHARE: Final = Threshold(
    0.05, "of 1", message("share of the loop's time spent held up, at least; or")
)
LONGEST: Final = Threshold(100_000_000, "ns", message("the longest time, at least"))
LOOP: Final = Threshold(
    20, "times", message("times between waits from which a thread counts as a loop")
)

COLUMNS: Final = ("pid", "tid", "seq", "syscall", "family", "enter_ns", "exit_ns")
NAMED: Final = 3
"""How many calls the text names."""


def gather(window: Window) -> Parts:
    """Return by thread the time between its waits, and its long calls between them."""
    rows = calls(window, None, COLUMNS, ("wall_ns", "off_cpu_ns"))
    waits = are_of(rows, *WAITS)
    # A wait ends a gap even if it is not known how long it slept, or when it began.
    known = waits | (rows["off_cpu_ns"] != UNKNOWN)
    rows, waits = rows[known], waits[known]
    long = rows[~waits & (rows["wall_ns"] >= HELD.value)].assign(calls=1)
    return Parts(
        {
            "gaps": Gaps.of(rows, waits, HELD.value),
            "long": Sums.of(long, ("tid", "syscall"), ("calls", "wall_ns", "off_cpu_ns")),
            "longest": Largest.of(long, ("tid",), "wall_ns"),
        }
    )


def judge(parts: Parts, facts: Facts) -> Iterator[Finding]:
    """Find threads that wait for fds again and again, and were kept from it."""
    gaps = parts.by_name["gaps"]
    assert isinstance(gaps, Gaps)
    for row in gaps.held.rows("pid", "tid"):
        spread = gaps.spread.by_key[(row["tid"],)]
        if spread.count < LOOP.value or row["held"] < TIMES.value:
            continue
        if spread.most >= LONGEST.value or row["held_ns"] >= SHARE.value * gaps.span_ns(row["tid"]):
            yield _finding(parts, facts, row, spread)


def _finding(parts: Parts, facts: Facts, held: Row, spread: Distribution) -> Finding:
    tid, off_ns = held["tid"], held["off_cpu_ns"]
    on_ns, outside_ns = held["calls_ns"] - off_ns, held["held_ns"] - held["calls_ns"]
    return Finding(
        rule=HELD_UP.id,
        pid=held["pid"],
        tid=tid,
        text=message(
            "{thread} was held up {held:,} times for {long} or longer, {total} in "
            "all ({off} off the CPU in calls, {on} on the CPU in calls, {outside} outside of "
            "calls); long calls: {calls}; time between two waits: {spread}",
            thread=facts.thread(held["pid"], tid),
            held=held["held"],
            long=lasting(HELD.value),
            total=lasting(held["held_ns"]),
            off=lasting(off_ns),
            on=lasting(on_ns),
            outside=lasting(outside_ns),
            calls=_long_calls(parts, facts, tid),
            spread=spread_words(spread),
        ),
        numbers=(
            Number("held_up", held["held"], "times"),
            Number("held_up_ns", held["held_ns"], "ns"),
            Number("off_cpu_in_calls_ns", off_ns, "ns"),
            Number("on_cpu_in_calls_ns", on_ns, "ns"),
            Number("outside_of_calls_ns", outside_ns, "ns"),
            Number("between_waits", spread.count, "times"),
            *spread_numbers(spread),
        ),
        time_ns=held["held_ns"],
        instance=_instance(parts, tid),
    )


def _long_calls(parts: Parts, facts: Facts, tid: int) -> str:
    """Return the system calls that took long, by name, the longest in total first."""
    long = parts.sums("long").by("tid", "syscall")
    named = rows_of(long[long["tid"] == tid].nlargest(NAMED, "wall_ns"))
    names = by_number_of(facts.architecture)
    words = [
        message(
            "{name} {time} in {count:,}",
            name=names[row["syscall"]].name if row["syscall"] in names else "?",
            time=lasting(row["wall_ns"]),
            count=row["calls"],
        )
        for row in named
    ]
    return joined(", ", words) if words else message("none")


def _instance(parts: Parts, tid: int) -> Instance | None:
    longest = parts.largest("longest").frame
    row = longest[longest["tid"] == tid]
    return Instance(tid, int(row["seq"].iloc[0])) if len(row) else None


HELD_UP: Final = Rule(
    id="held-up",
    title=message("The loop was held up between two waits"),
    needs=("off_cpu_ns",),
    gather=gather,
    judge=judge,
    thresholds=(HELD, TIMES, SHARE, LONGEST, LOOP),
    why=message(
        "While the thread is elsewhere, no event is served: every other fd has to wait that "
        "long, however small its request."
    ),
    change=message(
        "Do slow work (fsync, open, locks, child processes, computation) in another thread, or "
        "through io_uring, and report completion through an eventfd. Time outside of calls is "
        "the program's own code, a call that tracer does not record, or waiting for a CPU."
    ),
    read=("eventfd(2)", "io_uring(7)", "fsync(2)"),
)
RULES: Final = (HELD_UP,)
