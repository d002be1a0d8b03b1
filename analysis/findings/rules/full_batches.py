"""Waits that return as many events as they have room for, while more were ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.following import Following, results_of
from analysis.findings.parts import Largest, Parts, Sums
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import calls
from analysis.windows.window import Window
from tracer.shared.message import message

FULL: Final = Threshold(20, "calls", message("waits that returned maxevents events, at least"))
SHARE: Final = Threshold(0.5, "of 1", message("their share of the waits with events, at least"))
MORE: Final = Threshold(
    0.5, "of 1", message("share of them whose next wait found more without sleeping, at least")
)

COLUMNS: Final = ("pid", "tid", "seq", "fd", "ret", "nr", "sleeps", "wall_ns")


def gather(window: Window) -> Parts:
    """Return by epoll instance its waits with events, full ones, and what followed those."""
    rows = calls(window, ("epoll_wait",), COLUMNS)
    full = (rows["ret"] > 0) & (rows["ret"] == rows["nr"])
    at_once = (rows["ret"] > 0) & (rows["sleeps"] == 0)
    counted = rows.assign(
        waits=1, some=rows["ret"] > 0, full=full, events=np.maximum(rows["ret"], 0),
        after=full.astype(np.int64),
    )  # fmt: skip
    return Parts(
        {
            "waits": Sums.of(counted, ("pid", "fd"), ("waits", "some", "full", "events")),
            "full": Largest.of(rows[full], ("pid", "fd"), "nr"),
            "next": Following.of(window, counted, ("tid", "fd"), after_full, at_once),
        }
    )


def after_full(rows: Rows) -> Parts:
    """Return by epoll instance how often a wait after a full one found more without sleeping."""
    found = rows[rows["before"] == 1].assign(more=1)
    return Parts({"more": Sums.of(found, ("pid", "fd"), ("more", "wall_ns"))})


def judge(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find epoll instances that are mostly waited on with too little room."""
    behind = results_of(parts, "next").sums("more")
    for row in parts.sums("waits").rows("pid", "fd"):
        if row["full"] < max(FULL.value, SHARE.value * row["some"]):
            continue
        again = behind.of_key(row["pid"], row["fd"])
        if again["more"] < MORE.value * row["full"]:
            continue
        call = parts.largest("full").row(pid=row["pid"], fd=row["fd"])
        yield Finding(
            rule=FULL_BATCHES.id,
            pid=row["pid"],
            fd=row["fd"],
            text=message(
                "{full:,} of {some:,} waits with events on epoll fd {fd} returned as many as "
                "they had room for (maxevents {nr:,}); after {again:,} of these the next wait "
                "found more at once",
                full=row["full"],
                some=row["some"],
                fd=row["fd"],
                nr=call["nr"],
                again=again["more"],
            ),
            numbers=(
                Number("waits_with_events", row["some"], "calls"),
                Number("full", row["full"], "calls"),
                Number("more_at_once", again["more"], "calls"),
                Number("maxevents", call["nr"], "events"),
                Number("events_per_wait", row["events"] / row["waits"], "events"),
            ),
            time_ns=again["wall_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


FULL_BATCHES: Final = Rule(
    id="full-batches",
    title=message("maxevents too small: waits return full while more is ready"),
    needs=("sleeps:epoll_wait",),
    gather=gather,
    judge=judge,
    thresholds=(FULL, SHARE, MORE),
    why=message(
        "Events are fetched in many system calls instead of one, and fds late in the list wait "
        "longer for their turn."
    ),
    change=message(
        "Give epoll_wait room for as many events as may be ready at a time (64 to 1,024), and "
        "read each fd until it is empty."
    ),
    read=("epoll_wait(2), maxevents", "epoll(7), starvation"),
)
RULES: Final = (FULL_BATCHES,)
