"""Phases written by hand: what a kernel of a given kind would have left in the trace.

Each scene adds one phase to a ``Maker``. Its keywords are what the kernel did differently;
without them it does what Linux does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.analysis.handmade import EPOLL_CTL_ADD, MS, WAITER, WAKER, Maker
from tracer.records import TIMEOUT_INFINITE, StepKind

EPFD = 3
DELAY_MS = 20
SLEPT: Mapping[str, int] = {
    "wall_ns": 21 * MS,
    "off_cpu_ns": 20 * MS + MS // 2,
    "sleeps": 1,
    "wakeups": 1,
}
FIRST_ENTRY = 0xFFFF_8880_0000_0000


def fds_of(n: int) -> tuple[int, ...]:
    """Return ``n`` watched fds as a workload has them: every second number."""
    return tuple(range(4, 4 + 2 * n, 2))


def blocking(
    maker: Maker, kind: str = "unix", rounds: int = 5, waiting: int | None = None, **read: int
) -> None:
    """Blocking reads of which the first ``waiting`` (all) sleep until the writer comes."""
    maker.phase("blocking", active=(4,), waker="while-asleep", rounds=rounds, fd_kind=kind)
    for number in range(rounds):
        waits = waiting is None or number < waiting
        found = {"insertions": 1, "removals": 1, **SLEPT} if waits else {}
        maker.call("read", 1 if waits else -11, **({"fd": 4, "nr": 1} | found | read))


def nonblocking(
    maker: Maker,
    asked: tuple[int, ...] = (8, 8, 8),
    slow: int = 0,
    last: Mapping[str, int] | None = None,
    **read: int,
) -> None:
    """One message per item of ``asked``, got by so many requests.

    The first ``slow`` empty reads have the counts ``read``, those with data ``last``.
    """
    maker.phase("nonblocking", active=(4,), rounds=len(asked))
    for requests in asked:
        for _ in range(requests - 1):
            slow -= 1
            maker.call("read", -11, fd=4, **(read if slow >= 0 else {}))
        maker.call("write", 1, fd=5)
        maker.call("read", 1, fd=4, **(last or {}))


def mux(
    maker: Maker,
    family: str = "poll",
    *,
    n: int = 41,
    ready: int = 0,
    rounds: int = 3,
    asleep: bool = False,
    timeout_ns: int = TIMEOUT_INFINITE,
    more: int = 0,
    label: str = "mux",
    **call: int,
) -> None:
    """Calls of select or poll on ``n`` fds whose ``ready``-th is made ready (0: none).

    ``more`` is how many calls there are beyond one per round, ``label`` the phase's name.
    """
    fds = fds_of(n)
    waker = "while-asleep" if asleep else "before" if ready else "none"
    active = fds[ready - 1 : ready] if ready else ()
    maker.phase(family, fds=fds, active=active, rounds=rounds, waker=waker, name=label)
    waits = asleep or (not ready and timeout_ns > 0)
    hung = 0 if timeout_ns == 0 else n if waits else ready
    passes = 2 if waits else 1
    nr = n if family == "poll" else fds[-1] + 1
    counts = {
        "nr": nr, "timeout_ns": timeout_ns, "fd_polls": passes * n, "passes": passes,
        "insertions": hung, "removals": hung, "sleep_calls": int(waits),
        "bytes_in": 8 * n if family == "poll" else 8 * -(-nr // 64),
    }  # fmt: skip
    counts |= dict(SLEPT) if waits else {}
    counts |= call
    counts["removals"] = counts["insertions"]
    for _ in range(rounds + more):
        maker.call(family, int(bool(ready)), **counts)


def select_raw(maker: Maker, *, copied_per_set: int) -> None:
    """Three calls of select with n 1,024 and three sets on 11 fds."""
    fds = fds_of(11)
    maker.phase("select-raw", fds=fds, active=fds[-1:], results={"sets": 3}, rounds=3,
                waker="before")  # fmt: skip
    for _ in range(3):
        maker.call("select", 1, nr=1024, timeout_ns=TIMEOUT_INFINITE, bytes_in=3 * copied_per_set)


def epoll(
    maker: Maker,
    *,
    n: int = 41,
    active: tuple[int, ...] = (40,),
    rounds: int = 3,
    asleep: bool = False,
    woken: tuple[int, ...] | None = None,
    nested: bool = True,
    returned: tuple[int, ...] | None = None,
    add: Mapping[str, int] | None = None,
    **wait: int,
) -> None:
    """epoll on ``n`` fds: the ADDs, then rounds. ``active`` and ``woken`` are fds' places.

    ``woken`` ran their callback (default: the active), ``nested``: and woke the sleeper,
    ``returned`` is what the wait gave back, ``add`` and ``wait`` are counts of the calls.
    """
    fds = fds_of(n)
    waker = "while-asleep" if asleep else "before"
    chosen = tuple(fds[place] for place in active)
    maker.phase("epoll", fds=fds, active=chosen, rounds=rounds, waker=waker)
    given = chosen if returned is None else tuple(fds[place] for place in returned)
    maker.phases[-1]["results"]["ready"] = [list(given)] * rounds
    entries = {fd: FIRST_ENTRY + number * 0x80 for number, fd in enumerate(fds)}
    for fd in fds:
        _add(maker, fd, entries[fd], {"insertions": 1, "bytes_in": 12} | dict(add or {}))
    called = active if woken is None else woken
    for _ in range(rounds):
        counts = {"bytes_out": 12 * len(given), "sleep_calls": int(asleep), "fd": EPFD}
        counts |= {"fd_polls": len(given)} | (dict(SLEPT) if asleep else {}) | wait
        _round(maker, [(fds[place], entries[fds[place]]) for place in called], nested, counts,
               len(given))  # fmt: skip
    for entry in entries.values():
        for number in range((add or {}).get("insertions", 1)):
            maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=entry + number * 0x40)


def _add(maker: Maker, fd: int, entry: int, counts: dict[str, int]) -> None:
    hung = counts["insertions"]
    if maker.detail == "steps":
        for number in range(hung):
            maker.step(StepKind.INSERTION, hook="add_wait_queue", entry=entry + number * 0x40,
                       seq=maker.next_seq(), fd=fd, owner_pid=WAITER, owner_tid=WAITER)  # fmt: skip
        maker.step(StepKind.COPY_IN, hook="_copy_from_user", seq=maker.next_seq(),
                   value=counts["bytes_in"])  # fmt: skip
    maker.call("epoll_ctl", 0, op=EPOLL_CTL_ADD, fd=EPFD, target=fd, **counts)


def _round(
    maker: Maker, called: list[tuple[int, int]], nested: bool, counts: dict[str, int], ret: int
) -> None:
    """Callbacks in the waker; in the middle of the wait if it sleeps, else before it."""
    counts["removals"] = counts.get("insertions", 0)
    asleep = bool(counts["sleep_calls"])
    enter_ns = maker.now_ns
    if asleep:
        maker.now_ns += counts["wall_ns"] // 2
    waker = {"pid": WAKER, "tid": WAKER, "owner_pid": WAITER, "owner_tid": WAITER}
    if maker.detail == "steps":
        for fd, entry in called:
            maker.step(StepKind.CALLBACK, hook="ep_poll_callback", entry=entry, fd=fd, **waker)
        if asleep and nested:
            maker.step(StepKind.CALLBACK, hook="ep_autoremove_wake_function", entry=7, **waker)
        _wait_steps(maker, counts)
    if asleep:
        maker.now_ns = enter_ns
    maker.call("epoll_wait", ret, **counts)


def _wait_steps(maker: Maker, counts: dict[str, int]) -> None:
    seq = maker.next_seq()
    for _ in range(counts["fd_polls"]):
        maker.step(StepKind.FD_POLL, hook="sock_poll", seq=seq)
    for _ in range(counts["sleep_calls"]):
        maker.step(StepKind.SLEEP, hook="schedule_hrtimeout_range", seq=seq)
        maker.step(StepKind.SWITCH_OUT, hook="sched_switch", seq=seq)
    for kind, hook, column in (
        (StepKind.COPY_OUT, "__put_user_nocheck_4", "bytes_out"),
        (StepKind.COPY_IN, "_copy_from_user", "bytes_in"),
    ):
        if counts.get(column):
            maker.step(kind, hook=hook, seq=seq, value=counts[column])
    for number in range(counts.get("insertions", 0)):
        maker.step(StepKind.INSERTION, hook="add_wait_queue", entry=64 * number + 64, seq=seq)
        maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=64 * number + 64, seq=seq)


MEMORY: Mapping[str, Any] = {
    "mmap_errno": 19,
    "mmap_errno_name": "ENODEV",
    "efault_errno": 14,
    "efault_errno_name": "EFAULT",
    "events_after_efault": 1,
    "eventpoll_mappings": [],
    "shared_mappings": [],
}


def epoll_memory(
    maker: Maker, early: int = 0, outside: int = 0, changed: int | None = None, **results: Any
) -> None:
    """The looks at shared memory; by default nothing is shared and 12 bytes per event copied."""
    rounds = [
        {
            "ready": ready,
            "events_returned": ready,
            "changed_before_wait": early,
            "canary_bytes_changed": 12 * ready if changed is None else changed,
            "canary_changed_outside": outside,
        }
        for ready in (1, 3, 7)
    ]
    maker.phase("epoll-memory", fds=fds_of(7), results={**MEMORY, "rounds": rounds, **results})
    maker.call("epoll_wait", 1, fd=EPFD)
