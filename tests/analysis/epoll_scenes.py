"""Hand-made phases of epoll, and of poll for comparison, step by step; others are in scenes.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.analysis.handmade import EPOLL_CTL_ADD, MS, WAITER, WAKER, Maker
from tests.analysis.scenes import SLEPT, fds_of
from tracer.shared.records import TIMEOUT_INFINITE, ListState, StepKind

EPFD = 3
FIRST_ENTRY = 0xFFFF_8880_0000_0000
OWN_ENTRY = 7


@dataclass(frozen=True)
class Odd:
    """What the kernel of a scene does differently from Linux when an epoll event comes.

    ``woken`` are the places of the fds whose callback runs (default: the active ones); ``nested``:
    the sleeper is woken through an entry of its own (else by nothing visible); ``direct``: it is
    woken through the entry on the fd's queue, and no other callback runs; ``pulled``: the callbacks
    run in the waiter's own epoll_wait; ``during``: they run in the waker's write while the waiter
    is awake in epoll_wait. ``queued``, ``listed``: the probes read the instance, and the sleeper
    was or was not on its own queue, a callback's fd on its ready list.
    """

    woken: tuple[int, ...] | None = None
    nested: bool = True
    direct: bool = False
    pulled: bool = False
    during: bool = False
    queued: bool | None = None
    listed: bool | None = None


def epoll(
    maker: Maker,
    *,
    n: int = 41,
    active: tuple[int, ...] = (40,),
    rounds: int = 3,
    asleep: bool = False,
    vain_ms: int | None = None,
    returned: tuple[int, ...] | None = None,
    add: Mapping[str, int] | None = None,
    dropped: bool = False,
    odd: Odd = Odd(),
    **wait: int,
) -> None:
    """epoll on ``n`` fds: the ADDs, then rounds. ``active`` are fds' places.

    ``vain_ms``: each wait ends by this timeout; ``returned`` is the result of a wait; ``add`` and
    ``wait`` are counts of the calls; ``dropped``: no entry outlives its ADD.
    """
    fds = fds_of(n)
    waker = "none" if vain_ms else "while-asleep" if asleep else "before"
    chosen = () if vain_ms else tuple(fds[place] for place in active)
    maker.phase("epoll", fds=fds, active=chosen, rounds=rounds, waker=waker, timeout_ms=vain_ms)
    given = chosen if returned is None else tuple(fds[place] for place in returned)
    maker.phases[-1]["results"]["ready"] = [list(given)] * rounds
    entries = {fd: FIRST_ENTRY + number * 0x80 for number, fd in enumerate(fds)}
    for fd in fds:
        _add(maker, fd, entries[fd], {"insertions": 1, "bytes_in": 12} | dict(add or {}), dropped)
    called = odd.woken if odd.woken is not None else () if vain_ms else active
    for number in range(rounds):
        counts = _wait_counts(len(given), bool(asleep or vain_ms), odd.nested and not vain_ms)
        counts["fd_polls"] += len(given) if asleep and number else 0
        counts |= {"timeout_ns": (vain_ms or 0) * MS or TIMEOUT_INFINITE} | wait
        _round(maker, [(fds[place], entries[fds[place]]) for place in called], odd, counts, given)
    for entry in () if dropped else entries.values():
        for number in range((add or {}).get("insertions", 1)):
            maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=entry + number * 0x40)


def _wait_counts(ready: int, asleep: bool, notified: bool) -> dict[str, int]:
    counts = {"bytes_out": 12 * ready, "fd_polls": ready, "sleep_calls": int(asleep), "fd": EPFD}
    return counts | ({**SLEPT, "notified": int(notified)} if asleep else {})


def _add(maker: Maker, fd: int, entry: int, counts: dict[str, int], dropped: bool) -> None:
    queued = counts["insertions"]
    kinds = [(StepKind.INSERTION, "add_wait_queue")]
    if dropped:
        kinds.append((StepKind.REMOVAL, "remove_wait_queue"))
        counts["removals"] = queued
    if maker.detail == "steps":
        for kind, hook in kinds:
            for number in range(queued):
                maker.step(kind, hook=hook, entry=entry + number * 0x40, seq=maker.next_seq(),
                           fd=fd, owner_pid=WAITER, owner_tid=WAITER)  # fmt: skip
        maker.step(StepKind.COPY_IN, hook="_copy_from_user", seq=maker.next_seq(),
                   value=counts["bytes_in"])  # fmt: skip
    maker.call("epoll_ctl", 0, op=EPOLL_CTL_ADD, fd=EPFD, target=fd, **counts)


def _round(
    maker: Maker,
    called: list[tuple[int, int]],
    odd: Odd,
    counts: dict[str, int],
    given: tuple[int, ...],
) -> None:
    """Callbacks in the waker; in the middle of the wait if it sleeps, else before it."""
    counts["removals"] = counts.get("insertions", 0)
    asleep = bool(counts["sleep_calls"])
    enter_ns = maker.now_ns
    steps = maker.detail == "steps"
    if steps:
        _switches(maker, StepKind.SWITCH_OUT, counts.get("sleeps", 0))
        _read_queue(maker, odd.queued if asleep or odd.queued is None else False)
    if asleep:
        maker.now_ns = enter_ns + counts["wall_ns"] // 2
    if steps:
        counts["callbacks"] = len(called) if odd.pulled else 0
        _write(maker, called, odd, counts, wakes=bool(asleep and given))
        _switches(maker, StepKind.SWITCH_IN, counts.get("sleeps", 0))
        _wait_steps(maker, counts, given)
    if asleep or odd.pulled or odd.during:
        maker.now_ns = enter_ns
        counts = {"wall_ns": 2000} | counts
    maker.call("epoll_wait", len(given), **counts)


def _write(
    maker: Maker,
    called: list[tuple[int, int]],
    odd: Odd,
    counts: dict[str, int],
    *,
    wakes: bool,
) -> None:
    """The waker's write, the callbacks in it, and the wakeups from them or from a timer."""
    began_ns = maker.now_ns
    _callbacks(maker, called, odd)
    ran = 0 if odd.pulled or odd.direct else len(called)
    own = int(wakes and (odd.nested or odd.direct))
    if wakes:
        _wake(maker, called, odd)
    waiter = {"owner_pid": WAITER, "owner_tid": WAITER}
    for _ in range(counts.get("notified", 0) - own):
        own += 1
        maker.step(StepKind.CALLBACK, hook="ep_autoremove_wake_function", entry=OWN_ENTRY,
                   pid=WAKER, tid=WAKER, seq=maker.next_seq(WAKER), **waiter)  # fmt: skip
    for _ in range(counts.get("wakeups", 0) - wakes):
        maker.step(StepKind.WAKEUP, hook="sched_waking", pid=0, tid=0, **waiter)
    ran += own
    ended_ns = maker.now_ns + 10
    maker.now_ns = began_ns
    maker.call("write", 1, tid=WAKER, callbacks=ran, wall_ns=ended_ns - began_ns)


def _read_queue(maker: Maker, queued: bool | None) -> None:
    if queued is not None:
        state, owner = (ListState.SLEEPER, WAITER) if queued else (ListState(0), 0)
        maker.step(StepKind.INSTANCE, hook="sched_switch", seq=maker.next_seq(), owner_tid=owner,
                   value=int(state))  # fmt: skip


def _callbacks(maker: Maker, called: list[tuple[int, int]], odd: Odd) -> None:
    task = WAITER if odd.pulled else WAKER
    who = {"pid": task, "tid": task, "owner_pid": WAITER, "owner_tid": WAITER}
    who["seq"] = maker.next_seq(task)
    for fd, entry in () if odd.direct else called:
        maker.step(StepKind.CALLBACK, hook="ep_poll_callback", entry=entry, fd=fd, **who)
        if odd.listed is not None:
            listed = ListState.READY | ListState.LISTED if odd.listed else ListState(0)
            maker.step(StepKind.INSTANCE, hook="ep_poll_callback_done", entry=entry, fd=fd,
                       value=int(listed), **who)  # fmt: skip


def _wake(maker: Maker, called: list[tuple[int, int]], odd: Odd) -> None:
    who = {"pid": WAKER, "tid": WAKER, "owner_pid": WAITER, "owner_tid": WAITER,
           "seq": maker.next_seq(WAKER)}  # fmt: skip
    if odd.nested or odd.direct:
        entry = called[0][1] if odd.direct else OWN_ENTRY
        maker.step(StepKind.CALLBACK, hook="ep_autoremove_wake_function", entry=entry, **who)
    maker.step(StepKind.WAKEUP, hook="sched_waking", **who)


def _switches(maker: Maker, kind: StepKind, count: int) -> None:
    for _ in range(count):
        maker.step(kind, hook="sched_switch", seq=maker.next_seq())


def _wait_steps(maker: Maker, counts: dict[str, int], given: tuple[int, ...]) -> None:
    seq = maker.next_seq()
    for number in range(counts["fd_polls"]):
        fd = given[number % len(given)] if given else -1
        maker.step(StepKind.FD_POLL, hook="sock_poll", seq=seq, fd=fd)
    for _ in range(counts["sleep_calls"]):
        maker.step(StepKind.SLEEP, hook="schedule_hrtimeout_range", seq=seq)
    for kind, hook, column in (
        (StepKind.COPY_OUT, "__put_user_nocheck_4", "bytes_out"),
        (StepKind.COPY_IN, "_copy_from_user", "bytes_in"),
    ):
        if counts.get(column):
            maker.step(kind, hook=hook, seq=seq, value=counts[column])
    for number in range(counts.get("insertions", 0)):
        maker.step(StepKind.INSERTION, hook="add_wait_queue", entry=64 * number + 64, seq=seq)
        maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=64 * number + 64, seq=seq)


def poll_asleep(maker: Maker, *, n: int = 3, rounds: int = 2) -> None:
    """A poll woken through the entry that it queued on its last fd, in steps."""
    fds = fds_of(n)
    maker.phase("poll", fds=fds, active=fds[-1:], rounds=rounds, waker="while-asleep")
    for _ in range(rounds):
        counts = {"fd_polls": 2 * n, "passes": 2, "insertions": n, "removals": n, **SLEPT}
        enter_ns, seq = maker.now_ns, maker.next_seq()
        for number in range(n):
            maker.step(StepKind.INSERTION, hook="add_wait_queue", entry=64 * number + 64, seq=seq)
        _switches(maker, StepKind.SWITCH_OUT, 1)
        waker = {"pid": WAKER, "tid": WAKER, "owner_pid": WAITER, "owner_tid": WAITER}
        maker.step(StepKind.CALLBACK, hook="pollwake", entry=64 * n, **waker)
        maker.step(StepKind.WAKEUP, hook="sched_waking", **waker)
        for number in range(n):
            maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=64 * number + 64, seq=seq)
        for number in [*range(n)] * 2:
            maker.step(StepKind.FD_POLL, hook="sock_poll", seq=seq, object=64 * number + 64)
        maker.now_ns = enter_ns
        maker.call("poll", 1, nr=n, timeout_ns=TIMEOUT_INFINITE, **counts)


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
    """Attempts to find shared memory; by default none, and 12 bytes per event are copied."""
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
