"""Latency: from the wakeup of a waiting thread until it runs, and until its wait returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.duration import lasting, spread_numbers, spread_words
from analysis.findings.following import AS_IT_WAS, Following, results_of
from analysis.findings.parts import Largest, Parts, Spreads, Sums
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import WAITS, are_of, calls
from analysis.windows.grouping import among
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.records import StepKind

LATE: Final = Threshold(
    1_000_000,
    "ns",
    message("time from a wakeup until the thread runs, from which it counts as late"),
)
TIMES: Final = Threshold(10, "times", message("late wakeups of a thread, at least"))
SHARE: Final = Threshold(0.05, "of 1", message("their share of its wakeups, at least"))

ASLEEP: Final = 0
"""State of a thread that left the CPU, or whose call is over; else it is its wakeup's time."""


def gather(window: Window) -> Parts:
    """Return by thread the time from its wakeups until it ran, and until its waits returned."""
    rows = _steps(window).joined(_returns(window))
    rows = rows[np.argsort(rows["at_ns"], kind="stable")]
    woken, runs = rows["what"] == StepKind.WAKEUP, rows["what"] == StepKind.SWITCH_IN
    rows = rows.assign(
        after=np.where(woken, rows["at_ns"], np.where(runs, AS_IT_WAS, ASLEEP)),
    )
    asking = runs | (rows["what"] < 0)
    return Parts({"woken": Following.of(window, rows, ("tid",), since_wakeup, asking)})


def _steps(window: Window) -> Rows:
    """Return when threads left the CPU, were woken, and took a CPU again."""
    kinds = (StepKind.SWITCH_OUT, StepKind.WAKEUP, StepKind.SWITCH_IN)
    chosen = np.flatnonzero(among(window.of_steps("kind"), kinds))
    rows = {
        name: window.of_steps(field).take(chosen).astype(np.int64)
        for name, field in (("own", "tid"), ("pid", "owner_pid"), ("tid", "owner_tid"),
                            ("at_ns", "ts_ns"), ("seq", "seq"), ("what", "kind"))
    }  # fmt: skip
    own, leaving = rows.pop("own"), rows["what"] == StepKind.SWITCH_OUT
    return Rows.of(rows | {"tid": np.where(leaving, own, rows["tid"])})


def _returns(window: Window) -> Rows:
    """Return when calls returned; ``what`` is minus the number of events of a wait, else 0."""
    rows = calls(window, None, ("pid", "tid", "seq", "exit_ns", "family"), ("ret",))
    waited = are_of(rows, *WAITS) & (rows["ret"] > 0)
    return Rows.of(
        {name: rows[name] for name in ("pid", "tid", "seq")}
        | {"at_ns": rows["exit_ns"], "what": np.where(waited, -rows["ret"], 0)}
    )


def since_wakeup(rows: Rows) -> Parts:
    """Return by thread how long it took from a wakeup to the CPU, and to the return of a wait."""
    woken = rows[rows["before"] > 0]
    woken = woken.assign(since_ns=np.maximum(woken["at_ns"] - woken["before"], 0))
    runs = woken[woken["what"] == StepKind.SWITCH_IN]
    late = runs["since_ns"] >= LATE.value
    counted = runs.assign(runs=1, late=late, late_ns=np.where(late, runs["since_ns"], 0))
    returns = woken[woken["what"] < 0]
    return Parts(
        {
            "runs": Sums.of(counted, ("pid", "tid"), ("runs", "late", "late_ns")),
            "run": Spreads.of(runs, ("tid",), "since_ns"),
            "return": Spreads.of(returns, ("tid",), "since_ns"),
            "latest": Largest.of(returns, ("tid",), "since_ns"),
        }
    )


def judge(parts: Parts, facts: Facts) -> Iterator[Finding]:
    """Find threads that wait for fds, and often get a CPU late when an event comes."""
    found = results_of(parts, "woken")
    for row in found.sums("runs").rows("pid", "tid"):
        returned = found.spreads("return").by_key.get((row["tid"],))
        if returned is None or row["late"] < max(TIMES.value, SHARE.value * row["runs"]):
            continue
        ran = found.spreads("run").by_key[(row["tid"],)]
        call = found.largest("latest").row(tid=row["tid"])
        yield Finding(
            rule=LATE_WAKEUPS.id,
            pid=row["pid"],
            tid=row["tid"],
            text=message(
                "{thread} got a CPU only {late} or more after {times:,} of {runs:,} "
                "wakeups; wakeup to run {run}; event to return of the wait {returned}",
                thread=facts.thread(row["pid"], row["tid"]),
                late=lasting(LATE.value),
                times=row["late"],
                runs=row["runs"],
                run=spread_words(ran),
                returned=spread_words(returned),
            ),
            numbers=(
                Number("wakeups", row["runs"], "times"),
                Number("late", row["late"], "times"),
                *spread_numbers(ran, "run_"),
                *spread_numbers(returned, "return_"),
            ),
            time_ns=row["late_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


LATE_WAKEUPS: Final = Rule(
    id="late-wakeups",
    title=message("The loop is woken but has to wait for a CPU"),
    needs=("hook:sched_switch", "hook:sched_waking", "steps"),
    gather=gather,
    judge=judge,
    thresholds=(LATE, TIMES, SHARE),
    why=message(
        "No event is served before its thread gets a CPU: however fast the loop is afterwards, "
        "this delay is added to each event."
    ),
    change=message(
        "Find out what competes for the same CPUs (more threads than CPUs, a nice value, a "
        "cgroup quota), and give the loop its own CPU or a higher priority."
    ),
    read=("sched(7)", "sched_setaffinity(2)", "cgroups(7)"),
)
RULES: Final = (LATE_WAKEUPS,)
