"""select and poll on many fds of which few are ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.parts import Largest, Parts, Sums
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import calls
from analysis.trace.missing import FAMILY_NAMES
from analysis.windows.window import Window
from tracer.shared.message import message

LARGE: Final = Threshold(
    64, "fds", message("fds passed to a call from which a set counts as large")
)
CALLS: Final = Threshold(20, "calls", message("calls with a large set, at least"))
READY: Final = Threshold(
    0.1, "of 1", message("share of the set that was ready on average, at most")
)

COLUMNS: Final = ("pid", "tid", "seq", "nr", "ret", "family", "wall_ns", "off_cpu_ns")


def gather(window: Window) -> Parts:
    """Return by process and family the calls with large sets, their fds and those ready."""
    rows = calls(window, ("select", "poll"), COLUMNS)
    rows = rows[rows["nr"] >= LARGE.value]
    counted = rows.assign(
        calls=1,
        ready=np.maximum(rows["ret"], 0),
        kernel_ns=rows["wall_ns"] - rows["off_cpu_ns"],
    )
    return Parts(
        {
            "sets": Sums.of(counted, ("pid", "family"), ("calls", "nr", "ready", "kernel_ns")),
            "largest": Largest.of(rows, ("pid", "family"), "nr"),
        }
    )


def judge(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes whose large sets are mostly idle."""
    for row in parts.sums("sets").rows("pid", "family"):
        if row["calls"] < CALLS.value or row["ready"] > READY.value * row["nr"]:
            continue
        call = parts.largest("largest").row(pid=row["pid"], family=row["family"])
        family = FAMILY_NAMES[row["family"]]
        yield Finding(
            rule=IDLE_SETS.id,
            pid=row["pid"],
            text=message(
                "{calls:,} calls of {family} were passed {fds:,.0f} fds each on average, of "
                "which {ready:,.3g} were ready; each fd cost {cost:,.0f} ns per call",
                calls=row["calls"],
                family=family,
                fds=row["nr"] / row["calls"],
                ready=row["ready"] / row["calls"],
                cost=row["kernel_ns"] / row["nr"],
            ),
            numbers=(
                Number("calls", row["calls"], "calls"),
                Number("fds_per_call", row["nr"] / row["calls"], "fds"),
                Number("ready_per_call", row["ready"] / row["calls"], "fds"),
                Number("kernel_ns_per_fd", row["kernel_ns"] / row["nr"], "ns"),
            ),
            time_ns=int(row["kernel_ns"] * (1 - row["ready"] / row["nr"])),
            instance=Instance(call["tid"], call["seq"]),
        )


IDLE_SETS: Final = Rule(
    id="idle-sets",
    title=message("select and poll on many idle fds"),
    needs=("off_cpu_ns",),
    gather=gather,
    judge=judge,
    thresholds=(LARGE, CALLS, READY),
    why=message(
        "Each call copies the whole set and polls every fd in it, ready or not; its cost grows "
        "with the number of fds watched, not with the number of active ones."
    ),
    change=message("Use epoll: an fd is registered once, and an idle one costs nothing."),
    read=("epoll(7)", "poll(2)", "select(2), bugs"),
)
RULES: Final = (IDLE_SETS,)
