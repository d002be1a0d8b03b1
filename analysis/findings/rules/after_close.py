"""Fds that fire after they were closed: a copy keeps the file open, and so epoll watches it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analysis.findings.following import AS_IT_WAS, Following, results_of
from analysis.findings.parts import Parts, Sums
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts, Finding, Number, Rule, Threshold
from analysis.findings.selecting import are_of, calls
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.records import StepKind
from tracer.shared.syscalls import EPOLL_CTL_ADD as ADD

FIRED: Final = Threshold(5, "callbacks", message("events on an fd after it was closed, at least"))

HOOK: Final = "ep_poll_callback"
OPEN, CLOSED, FIRES = 0, 1, -1


def gather(window: Window) -> Parts:
    """Return by process and fd epoll's callbacks on items whose fd had been closed."""
    rows = _turns(window).joined(_callbacks(window))
    rows = rows[np.argsort(rows["at_ns"], kind="stable")]
    fires = rows["now"] == FIRES
    after = np.where(fires, AS_IT_WAS, rows["now"])
    return Parts(
        {"fds": Following.of(window, rows.assign(after=after), ("pid", "fd"), after_close, fires)}
    )


def _turns(window: Window) -> Rows:
    """Return when fds were closed, or were added to epoll (anew)."""
    columns = ("pid", "fd", "target", "op", "ret", "family", "enter_ns", "exit_ns")
    rows = calls(window, ("close", "epoll_ctl"), columns)
    close = are_of(rows, "close")
    rows = rows[(rows["ret"] == 0) & (close | (rows["op"] == ADD))]
    close = are_of(rows, "close")
    return Rows.of(
        {
            "pid": rows["pid"],
            "fd": np.where(close, rows["fd"], rows["target"]),
            "at_ns": np.where(close, rows["exit_ns"], rows["enter_ns"]),
            "now": np.where(close, CLOSED, OPEN),
        }
    )


def _callbacks(window: Window) -> Rows:
    """Return when callbacks ran on epoll items, and whose process the items belong to."""
    hook = window.manifest.row(HOOK)
    chosen = (window.of_steps("kind") == StepKind.CALLBACK) & (window.of_steps("fd") >= 0)
    chosen &= (window.of_steps("hook") == hook.id) if hook else False
    places = np.flatnonzero(chosen)
    columns = {"pid": "owner_pid", "fd": "fd", "at_ns": "ts_ns"}
    rows = {
        name: window.of_steps(field).take(places).astype(np.int64)
        for name, field in columns.items()
    }
    return Rows.of(rows | {"now": np.full(len(rows["pid"]), FIRES)})


def after_close(rows: Rows) -> Parts:
    """Return the callbacks on items whose fd was closed just before."""
    fired = rows[rows["before"] == CLOSED].assign(fired=1)
    return Parts({"fired": Sums.of(fired, ("pid", "fd"), ("fired",))})


def judge(parts: Parts, _: Facts) -> Iterator[Finding]:
    """Find fds on which events came after they were closed."""
    for row in results_of(parts, "fds").sums("fired").rows("pid", "fd"):
        if row["fired"] < FIRED.value:
            continue
        yield Finding(
            rule=AFTER_CLOSE.id,
            pid=row["pid"],
            fd=row["fd"],
            text=message(
                "fd {fd} had {fired:,} events after it was closed: a copy of it keeps the file "
                "open, and epoll goes on watching it",
                fd=row["fd"],
                fired=row["fired"],
            ),
            numbers=(Number("fired", row["fired"], "callbacks"),),
            time_ns=0,
        )


AFTER_CLOSE: Final = Rule(
    id="events-after-close",
    title=message("Fds report events after they were closed"),
    needs=("hook:ep_poll_callback", "steps"),
    gather=gather,
    judge=judge,
    thresholds=(FIRED,),
    why=message(
        "epoll watches the open file, not the fd number. While a copy is open (dup, a child "
        "after fork), events keep coming for the closed fd, and it can no longer be removed by "
        "its number: if it is level-triggered, every wait returns at once."
    ),
    change=message(
        "Call EPOLL_CTL_DEL before close, and use O_CLOEXEC or SOCK_CLOEXEC for files that a "
        "child does not need."
    ),
    read=("epoll(7), questions and answers, 6", "epoll_ctl(2), EPOLL_CTL_DEL"),
)
RULES: Final = (AFTER_CLOSE,)
