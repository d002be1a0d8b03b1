"""One of many gets most of the work: one of the threads that share it, or one fd of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from analysis.findings.parts import Largest, Parts, Sums, rows_of
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import TRANSFERS, calls
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.syscalls import EPOLL_CTL_ADD as ADD

SHARED: Final = Threshold(100, "events", message("events of an instance, or connections, at least"))
UNEVEN: Final = Threshold(
    4,
    "times",
    message("the busiest thread's share, as a multiple of the mean of the others, at least"),
)
USES: Final = Threshold(100, "calls", message("uses of all watched fds, at least"))
FDS: Final = Threshold(8, "fds", message("watched fds that were used, at least"))
SHARE: Final = Threshold(0.8, "of 1", message("share of the uses that go to one fd, at least"))


def gather_threads(window: Window) -> Parts:
    """Return by thread the events it took from each epoll instance, and connections accepted."""
    waits = calls(window, ("epoll_wait",), ("pid", "tid", "seq", "fd", "ret"))
    waits = waits.assign(events=np.maximum(waits["ret"], 0))
    accepts = calls(window, ("accept",), ("pid", "tid", "seq", "fd", "ret"))
    accepts = accepts.assign(events=(accepts["ret"] >= 0).astype(np.int64))
    return Parts(
        {
            "waits": Sums.of(waits, ("pid", "fd", "tid"), ("events",)),
            "accepts": Sums.of(accepts, ("pid", "tid"), ("events",)),
            "wait": Largest.of(waits, ("tid",), "events"),
            "accept": Largest.of(accepts, ("tid",), "events"),
        }
    )


def judge_threads(parts: Parts, facts: Facts) -> Iterator[Finding]:
    """Find instances and listeners that are served mostly by one of several threads."""
    for _key, rows in parts.sums("waits").by("pid", "fd", "tid").groupby(["pid", "fd"]):
        for busiest in _busiest(rows):
            yield _uneven(
                busiest,
                facts,
                message("events of epoll fd {fd}", fd=int(rows["fd"].iloc[0])),
                parts.largest("wait"),
                fd=int(rows["fd"].iloc[0]),
            )
    accepts = parts.sums("accepts").by("pid", "tid")
    programs = [facts.program(pid) for pid in accepts["pid"].tolist()]
    for _name, rows in accepts.groupby(programs):
        for busiest in _busiest(rows):
            yield _uneven(busiest, facts, message("connections"), parts.largest("accept"))


def _busiest(rows: pd.DataFrame) -> Iterator[dict[str, int]]:
    """Yield the busiest thread if it is far busier than the others: pid, tid, events; all, many."""
    all_events, others = int(rows["events"].sum()), len(rows) - 1
    most = dict(rows_of(rows.nlargest(1, "events"))[0])
    rest = all_events - most["events"]
    if others and all_events >= SHARED.value and most["events"] * others >= UNEVEN.value * rest:
        yield most | {"all": all_events, "others": others}


def _uneven(
    busiest: dict[str, int], facts: Facts, what: str, calls_of: Largest, fd: int | None = None
) -> Finding:
    tid, events, others = busiest["tid"], busiest["events"], busiest["others"]
    mean = (busiest["all"] - events) / others
    call = calls_of.row(tid=tid)
    return Finding(
        rule=UNEVEN_THREADS.id,
        pid=busiest["pid"],
        tid=tid,
        fd=fd,
        text=message(
            "{thread} took {events:,} of {all:,} {what}; the other {others:,} threads "
            "took {mean:,.3g} each on average",
            thread=facts.thread(busiest["pid"], tid),
            events=events,
            all=busiest["all"],
            what=what,
            others=others,
            mean=mean,
        ),
        numbers=(
            Number("all", busiest["all"], "events"),
            Number("busiest", events, "events"),
            Number("others", others, "threads"),
            Number("mean_of_others", mean, "events"),
        ),
        time_ns=0,
        instance=Instance(tid, call["seq"]),
    )


def gather_fds(window: Window) -> Parts:
    """Return by process and fd how often it was added to epoll, and used."""
    uses = calls(window, TRANSFERS, ("pid", "tid", "seq", "fd", "wall_ns"))
    added = calls(window, ("epoll_ctl",), ("pid", "target", "op", "ret"))
    added = added[(added["op"] == ADD) & (added["ret"] == 0)]
    return Parts(
        {
            "uses": Sums.of(uses.assign(uses=1), ("pid", "fd"), ("uses", "wall_ns")),
            "added": Sums.of(added.assign(added=1, fd=added["target"]), ("pid", "fd"), ("added",)),
            "longest": Largest.of(uses, ("pid", "fd"), "wall_ns"),
        }
    )


def judge_fds(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find loops that are busy with one of many fds."""
    both = parts.sums("uses").by("pid", "fd").merge(parts.sums("added").by("pid", "fd"))
    for _pid, rows in both.groupby("pid"):
        all_uses = int(rows["uses"].sum())
        (most,) = rows_of(rows.nlargest(1, "uses"))
        few = len(rows) < FDS.value or all_uses < USES.value
        if few or most["uses"] < SHARE.value * all_uses:
            continue
        call = parts.largest("longest").row(pid=most["pid"], fd=most["fd"])
        yield Finding(
            rule=DOMINANT_FD.id,
            pid=most["pid"],
            fd=most["fd"],
            text=message(
                "fd {fd} had {uses:,} of {all:,} reads, writes and accepts on {fds:,} watched fds",
                fd=most["fd"],
                uses=most["uses"],
                all=all_uses,
                fds=len(rows),
            ),
            numbers=(
                Number("fds", len(rows), "fds"),
                Number("uses", all_uses, "calls"),
                Number("uses_of_one", most["uses"], "calls"),
            ),
            time_ns=most["wall_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


UNEVEN_THREADS: Final = Rule(
    id="uneven-threads",
    title=message("One thread does most of the work that several share"),
    needs=(),
    gather=gather_threads,
    judge=judge_threads,
    thresholds=(SHARED, UNEVEN),
    why=message(
        "Clients of the busy thread wait longer than they would elsewhere. Among waiters with "
        "EPOLLEXCLUSIVE, the one that queued last is woken first, and so stays the busiest."
    ),
    change=message(
        "Give each worker its own listener (SO_REUSEPORT), which spreads connections by hash, or "
        "pass connections to the worker that has the fewest."
    ),
    read=("socket(7), SO_REUSEPORT", "epoll_ctl(2), EPOLLEXCLUSIVE"),
)
DOMINANT_FD: Final = Rule(
    id="dominant-fd",
    title=message("One fd keeps the loop busy"),
    needs=(),
    gather=gather_fds,
    judge=judge_fds,
    thresholds=(USES, FDS, SHARE),
    why=message(
        "A peer that always has data, or is always ready to take more, delays all others in the "
        "loop."
    ),
    change=message(
        "Limit the work per fd in each turn of the loop (bytes or requests), then go on to the "
        "others; or serve that fd in a separate thread."
    ),
    read=("epoll(7), starvation",),
)
RULES: Final = (UNEVEN_THREADS, DOMINANT_FD)
