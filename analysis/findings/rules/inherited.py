"""An epoll instance inherited through fork: several processes wait on one interest list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from analysis.findings.parts import Largest, Parts, Sums, rows_of
from analysis.findings.rule import Facts, Finding, Instance, Number, Rule, Threshold
from analysis.findings.selecting import calls
from analysis.windows.window import Window
from tracer.shared.message import message

WAITS: Final = Threshold(5, "calls", message("waits from which a process counts as a waiter"))
PROCESSES: Final = Threshold(2, "processes", message("waiters on an instance, at least"))


def gather(window: Window) -> Parts:
    """Return by process and fd how often an instance was made there, and waited on."""
    made = calls(window, ("epoll_create",), ("pid", "ret"))
    made = made[made["ret"] >= 0]
    waits = calls(window, ("epoll_wait",), ("pid", "tid", "seq", "fd", "ret", "wall_ns"))
    waits = waits[waits["ret"] >= 0]
    return Parts(
        {
            "made": Sums.of(made.assign(made=1, fd=made["ret"]), ("pid", "fd"), ("made",)),
            "waits": Sums.of(waits.assign(waits=1), ("pid", "fd"), ("waits", "wall_ns")),
            "longest": Largest.of(waits, ("pid", "fd"), "wall_ns"),
        }
    )


def judge(parts: Parts, facts: Facts) -> Iterator[Finding]:
    """Find instances on which several of their maker and its children wait."""
    made = {(row["pid"], row["fd"]) for row in parts.sums("made").rows("pid", "fd")}
    waiters: dict[tuple[int, int], list[int]] = {}
    for row in parts.sums("waits").rows("pid", "fd"):
        if row["waits"] < WAITS.value:
            continue
        maker = _maker(row["pid"], row["fd"], made, facts.parents)
        if maker is not None:
            waiters.setdefault((maker, row["fd"]), []).append(row["pid"])
    for (maker, fd), pids in waiters.items():
        if len(pids) < PROCESSES.value:
            continue
        of_them = parts.sums("waits").by("pid", "fd")
        of_them = of_them[(of_them["fd"] == fd) & of_them["pid"].isin(pids)]
        (most,) = rows_of(of_them.nlargest(1, "waits"))
        call = parts.largest("longest").row(pid=most["pid"], fd=fd)
        yield Finding(
            rule=INHERITED.id,
            pid=maker,
            fd=fd,
            text=message(
                "{processes:,} processes wait on the epoll instance that it created as fd {fd} "
                "and that fork passed on ({waits:,} waits)",
                processes=len(pids),
                fd=fd,
                waits=int(of_them["waits"].sum()),
            ),
            numbers=(
                Number("processes", len(pids), "processes"),
                Number("waits", int(of_them["waits"].sum()), "calls"),
            ),
            time_ns=0,
            instance=Instance(call["tid"], call["seq"]),
        )


def _maker(pid: int, fd: int, made: set[tuple[int, int]], parents: Mapping[int, int]) -> int | None:
    """Return who made the instance that ``pid`` has as ``fd``: itself, its parent, or None."""
    seen: set[int] = set()
    while pid not in seen:
        if (pid, fd) in made:
            return pid
        seen.add(pid)
        pid = parents.get(pid, pid)
    return None


INHERITED: Final = Rule(
    id="inherited-instance",
    title=message("An epoll instance is shared through fork"),
    needs=("hook:sched_process_fork",),
    gather=gather,
    judge=judge,
    thresholds=(WAITS, PROCESSES),
    why=message(
        "All the processes share one interest list: a process can get events for fds that only "
        "another one has; closing an fd does not remove it while another process holds it; and "
        "EPOLL_CTL_DEL removes it for all of them."
    ),
    change=message(
        "Create the instance after fork, one in each process, with EPOLL_CLOEXEC; a listener can "
        "be inherited and added in each process with EPOLLEXCLUSIVE."
    ),
    read=("epoll_create1(2)", "epoll(7), questions and answers", "fork(2)"),
)
RULES: Final = (INHERITED,)
