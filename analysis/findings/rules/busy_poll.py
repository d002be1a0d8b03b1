"""Busy polling: a program asks again and again, without waiting, and finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.duration import lasting
from analysis.findings.parts import Largest, Parts, Sums
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import WAITS, calls
from analysis.windows.window import Window
from tracer.shared.message import message

SHORT: Final = Threshold(10_000_000, "ns", message("timeout of a short wait, at most"))
VAIN: Final = Threshold(20, "calls", message("short waits that found nothing, at least"))
SHARE: Final = Threshold(0.5, "of 1", message("their share of the short waits, at least"))

COLUMNS: Final = ("pid", "tid", "seq", "ret", "timeout_ns", "wall_ns", "off_cpu_ns")


def gather(window: Window) -> Parts:
    """Return by process all waits, short ones, and short ones that found nothing."""
    rows = calls(window, WAITS, COLUMNS)
    short = (rows["timeout_ns"] >= 0) & (rows["timeout_ns"] <= SHORT.value)
    vain = short & (rows["ret"] == 0)
    counted = rows.assign(
        waits=1,
        short=short,
        vain=vain,
        at_once=vain & (rows["timeout_ns"] == 0),
        vain_ns=np.where(vain, rows["wall_ns"] - rows["off_cpu_ns"], 0),
    )
    columns = ("waits", "short", "vain", "at_once", "vain_ns")
    return Parts(
        {
            "waits": Sums.of(counted, ("pid",), columns),
            "vain": Largest.of(rows[vain], ("pid",), "wall_ns"),
        }
    )


def judge(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes most of whose short waits found nothing."""
    for row in parts.sums("waits").rows("pid"):
        if row["vain"] < VAIN.value or row["vain"] < SHARE.value * row["short"]:
            continue
        call = parts.largest("vain").row(pid=row["pid"])
        yield Finding(
            rule=BUSY_POLL.id,
            pid=row["pid"],
            text=message(
                "{vain:,} of {waits:,} waits found nothing within a timeout of at most {short} "
                "({at_once:,} of them with a timeout of 0)",
                vain=row["vain"],
                waits=row["waits"],
                at_once=row["at_once"],
                short=lasting(SHORT.value),
            ),
            numbers=(
                Number("waits", row["waits"], "calls"),
                Number("short", row["short"], "calls"),
                Number("vain", row["vain"], "calls"),
                Number("vain_timeout_0", row["at_once"], "calls"),
            ),
            time_ns=row["vain_ns"],
            instance=Instance(call["tid"], call["seq"]),
        )


BUSY_POLL: Final = Rule(
    id="busy-poll",
    title=message("Busy polling: short waits that find nothing"),
    needs=("off_cpu_ns",),
    gather=gather,
    judge=judge,
    thresholds=(SHORT, VAIN, SHARE),
    why=message(
        "Each of these calls uses CPU time and achieves nothing; the CPU cannot sleep, and other "
        "threads get less of it."
    ),
    change=message(
        "Wait without a timeout, or until the program's next timer is due, and use an eventfd or "
        "a pipe to wake the thread for anything else."
    ),
    read=("epoll_wait(2), timeout", "poll(2), timeout", "eventfd(2)"),
)
RULES: Final = (BUSY_POLL,)
