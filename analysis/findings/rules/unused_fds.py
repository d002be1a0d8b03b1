"""Fds that an epoll instance watches and the program never uses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Final

from analysis.findings.parts import Parts, Sums, rows_of
from analysis.findings.rule import Facts, Finding, Number, Rule, Threshold
from analysis.findings.selecting import TRANSFERS, calls
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.syscalls import EPOLL_CTL_ADD as ADD

UNUSED: Final = Threshold(20, "fds", message("watched fds that were never used, at least"))
SHARE: Final = Threshold(0.5, "of 1", message("their share of the watched fds, at least"))

COLUMNS: Final = ("pid", "fd", "target", "op", "ret")


def gather(window: Window) -> Parts:
    """Return by process and fd number how often it was added, and used."""
    families = (TRANSFERS, ("epoll_wait",), ("epoll_ctl",), ("splice",))
    transfers, waits, asked, into = (calls(window, each, COLUMNS) for each in families)
    added = (asked["op"] == ADD) & (asked["ret"] == 0)
    each = (
        transfers.assign(added=0, used=1),
        waits.assign(added=0, used=1),
        asked.assign(fd=asked["target"], added=added, used=0),
        into.assign(fd=into["target"], added=0, used=1),
    )
    one, *others = (Sums.of(some, ("pid", "fd"), ("added", "used")) for some in each)
    found = reduce(Sums.combine, others, one)
    return Parts({"fds": found.where(found.table[:, 1] >= 0)})


def judge(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find processes most of whose watched fds do nothing."""
    fds = parts.sums("fds").by("pid", "fd")
    watched = fds[fds["added"] > 0]
    counts = watched.assign(watched=1, unused=watched["used"] == 0).groupby("pid", as_index=False)
    for row in rows_of(counts[["watched", "unused", "used"]].sum()):
        if row["unused"] < max(UNUSED.value, SHARE.value * row["watched"]) or not row["used"]:
            continue  # no use seen: it uses its fds by calls not recorded
        (most,) = rows_of(watched[watched["pid"] == row["pid"]].nlargest(1, "used"))
        yield Finding(
            rule=UNUSED_FDS.id,
            pid=row["pid"],
            text=message(
                "{unused:,} of {watched:,} fds that were added to epoll were never read, written "
                "or accepted on; fd {most} had {uses:,} of {all_uses:,} uses",
                unused=row["unused"],
                watched=row["watched"],
                most=most["fd"],
                uses=most["used"],
                all_uses=row["used"],
            ),
            numbers=(
                Number("watched", row["watched"], "fds"),
                Number("unused", row["unused"], "fds"),
                Number("uses", row["used"], "calls"),
                Number("uses_of_one", most["used"], "calls"),
            ),
            time_ns=0,
        )


UNUSED_FDS: Final = Rule(
    id="unused-fds",
    title=message("Watched fds that are never used"),
    needs=(),
    gather=gather,
    judge=judge,
    thresholds=(UNUSED, SHARE),
    why=message(
        "With epoll, an idle fd costs memory but no time. But connections that stay idle for "
        "long may be leaked, or should have a timeout."
    ),
    change=message("Close connections that have been idle for too long; check for leaked fds."),
    read=("epoll(7)", "proc(5), /proc/PID/fd"),
)
RULES: Final = (UNUSED_FDS,)
