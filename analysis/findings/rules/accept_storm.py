"""Accepts by the dozen between two waits: established connections wait for new ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analysis.findings.duration import lasting
from analysis.findings.parts import Largest, Parts, Sums
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import WAITS, are_of, calls
from analysis.findings.turns import Runs
from analysis.windows.window import Window
from tracer.shared.message import message, message_n

MANY: Final = Threshold(
    32, "calls", message("connections accepted between two waits that count as many, at least")
)
TIMES: Final = Threshold(1, "times", message("turns with that many, at least"))

COLUMNS: Final = ("pid", "tid", "seq", "family", "enter_ns", "exit_ns")


def gather(window: Window) -> Parts:
    """Return by thread the turns of its loop in which it accepted many connections."""
    rows = calls(window, (*WAITS, "accept"), COLUMNS, ("ret",))
    accepted = are_of(rows, "accept") & (rows["ret"] >= 0)
    return Parts({"accepts": Runs.of(rows, are_of(rows, *WAITS), accepted, many)})


def many(runs: Rows) -> Parts:
    """Return by thread the turns with many accepts, their number and time."""
    storms = runs[runs["count"] >= MANY.value]
    counted = storms.assign(times=1, took_ns=storms["last_ns"] - storms["first_ns"])
    return Parts(
        {
            "storms": Sums.of(counted, ("pid", "tid"), ("times", "count", "took_ns")),
            "largest": Largest.of(counted, ("pid", "tid"), "count"),
        }
    )


def judge(parts: Parts, facts: Facts) -> Iterator[Finding]:
    """Find threads that accept many connections before they wait again."""
    runs = parts.by_name["accepts"]
    assert isinstance(runs, Runs)
    found = runs.finished()
    for row in found.sums("storms").rows("pid", "tid"):
        if row["times"] < TIMES.value:
            continue
        most = found.largest("largest").row(pid=row["pid"], tid=row["tid"])
        yield Finding(
            rule=ACCEPT_STORM.id,
            pid=row["pid"],
            tid=row["tid"],
            text=message(
                "{thread} accepted {count:,} connections in {turns} of its loop, up "
                "to {most:,} between two waits ({took})",
                thread=facts.thread(row["pid"], row["tid"]),
                count=row["count"],
                turns=message_n("{count:,} turn", "{count:,} turns", count=row["times"]),
                most=most["count"],
                took=lasting(most["took_ns"]),
            ),
            numbers=(
                Number("times", row["times"], "times"),
                Number("accepts", row["count"], "calls"),
                Number("most_accepts", most["count"], "calls"),
                Number("most_ns", most["took_ns"], "ns"),
            ),
            time_ns=row["took_ns"],
            instance=Instance(most["tid"], most["seq"]),
        )


ACCEPT_STORM: Final = Rule(
    id="accept-storm",
    title=message("Accept storms: many connections accepted before the next wait"),
    needs=(),
    gather=gather,
    judge=judge,
    thresholds=(MANY, TIMES),
    why=message(
        "While new connections keep coming, the loop does nothing but accept them: established "
        "connections wait, and another worker that could share the load gets none."
    ),
    change=message(
        "Accept a few at a time (the level-triggered listener stays ready), accept in a separate "
        "thread, or share the load among listeners with SO_REUSEPORT."
    ),
    read=("accept(2)", "socket(7), SO_REUSEPORT", "epoll(7), starvation"),
)
RULES: Final = (ACCEPT_STORM,)
