"""The ledger of wait-queue entries: each one queued is taken off, or still hangs for a reason.

An entry is known by its address, and addresses are used again at once, so the steps are read
in ring order, which is the order in which the kernel did them. What is not in the ledger:
the entry by which a task sleeps on an epoll instance's own queue is queued inline, unseen
(fs/eventpoll.c ep_poll()), so the callbacks of ep_autoremove_wake_function are left out.

Entries of epoll, AIO and io_uring outlive the call that queued them. Those of AIO and io_uring are
seen to go in their callback. Where a poll is cancelled instead, or its file was ready when it was
made, or a ring is closed, the kernel takes them off inline (io_uring/poll.c
io_poll_remove_entries(), fs/aio.c aio_poll()), and no hook sees it: they count as still queued
until their address is used again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from analysis.frames import Trace
from tracer.shared.message import message
from tracer.shared.records import StepKind

CORE: Final = ("add_wait_queue", "add_wait_queue_exclusive", "remove_wait_queue")
"""Without these hooks there is no ledger."""

UNLINKS_ON_WAKE: Final = "autoremove_wake_function"
"""Takes its entry off as it wakes the task; the task may hang it again (kernel/sched/wait.c)."""

REQUESTS: Final = ("io_submit", "io_uring_enter")
"""Families whose entries outlive the call and may be taken off unseen."""

OUTLIVE: Final = ("epoll_ctl", *REQUESTS)
"""Families whose entries outlive the call; the kernel's map of live entries has them."""

OF_EPOLL: Final = ("epoll_ctl", "epoll_wait", "close")
"""Families in which entries of epoll come and go. Closing the epoll fd, or the last fd of a file
that it watches, removes them: in the call from 6.15 on (fs/open.c close(), fput_close_sync()),
after it before, outside of any call."""

INLINE_INSERTION: Final = "default_wake_function"
"""The wake function of entries that some kernels hang inline (6.1: fs/eventfd.c eventfd_read())."""
OWN_QUEUE: Final = "ep_autoremove_wake_function"
INLINE_REMOVAL: Final = "do_wait_intr_irq"
OWN_REMOVAL: Final = "finish_wait"
COLUMNS: Final = ["kind", "entry", "tid", "seq", "hook_name", "ts_ns"]
KINDS: Final = (StepKind.INSERTION, StepKind.REMOVAL, StepKind.CALLBACK)
BALANCE: Final = ["name", "tid", "seq", "insertions", "removals"]

Call = tuple[int, int]
"""A call as steps name it: tid and seq."""


@dataclass(frozen=True)
class Ledger:
    """The balance of a trace. It is good if ``unchecked`` is None and there are no problems.

    ``epoll_live`` counts the epoll entries that still hang when the recording ends,
    ``request_live`` those of AIO and io_uring that nobody saw go.
    """

    unchecked: str | None
    problems: tuple[str, ...]
    insertions: int
    removals: int
    callbacks: int
    epoll_live: int
    request_live: int = 0


@dataclass(frozen=True)
class _Entry:
    call: Call
    hook: str
    unlinked: bool = False


def balance(trace: Trace) -> Ledger:
    """Return the ledger of ``trace``: entry by entry at detail steps, else call by call."""
    absent = [hook for hook in CORE if not trace.manifest.attached(hook)]
    if absent:
        why = message("hook {hooks} not attached", hooks=", ".join(absent))
        return Ledger(why, (), 0, 0, 0, 0)
    if trace.manifest.detail == "steps":
        return _by_entry(trace)
    return _by_call(trace)


def _by_entry(trace: Trace) -> Ledger:
    live: dict[int, _Entry] = {}
    problems: list[str] = []
    counts = dict.fromkeys(KINDS, 0)
    families = _returned_families(trace.calls)
    for kind, entry, call, hook, ts_ns in _entry_steps(trace.steps):
        counts[kind] += 1
        if kind == StepKind.INSERTION and _went_unseen(live.get(entry), families):
            del live[entry]
        wrong = _apply(live, kind, entry, call, hook)
        if wrong:
            tid, seq = call
            problems.append(
                message(
                    "{wrong} entry {entry:#x} at {ts_ns} ns, call {seq} of {tid}",
                    wrong=wrong,
                    entry=entry,
                    ts_ns=ts_ns,
                    seq=seq,
                    tid=tid,
                )
            )
    outlived = [
        family for queued in live.values() if (family := families.get(queued.call)) in OUTLIVE
    ]
    problems += [
        message(
            "{hook} queued entry {entry:#x}, and it was still queued when its call returned",
            hook=queued.hook,
            entry=entry,
        )
        for entry, queued in live.items()
        if families.get(queued.call, "epoll_ctl") not in OUTLIVE and queued.hook != INLINE_REMOVAL
    ]
    problems += _against_manifest(trace, len(outlived))
    queued, taken, called = (counts[kind] for kind in KINDS)
    epoll = outlived.count("epoll_ctl")
    return Ledger(None, tuple(problems), queued, taken, called, epoll, len(outlived) - epoll)


def _went_unseen(there: _Entry | None, families: Mapping[Call, str]) -> bool:
    """Whether ``there`` is of AIO or io_uring: its address is used again, so it is gone."""
    return there is not None and families.get(there.call) in REQUESTS


def _apply(live: dict[int, _Entry], kind: int, entry: int, call: Call, hook: str) -> str | None:
    """Bring ``live`` up to date by one step; return what is wrong with the step, if anything."""
    there = live.get(entry)
    if kind == StepKind.INSERTION:
        live[entry] = _Entry(call, hook)
        again = there is None or _may_be_queued_again(there, call, hook)
        return None if again else message("{hook}: live", hook=hook)
    if kind == StepKind.REMOVAL:
        live.pop(entry, None)
        return None if there or hook == OWN_REMOVAL else message("{hook}: unknown", hook=hook)
    if there is None:
        return None if hook == INLINE_INSERTION else message("{hook}: unknown", hook=hook)
    if hook == UNLINKS_ON_WAKE:
        live[entry] = replace(there, unlinked=True)
    return None


def _may_be_queued_again(there: _Entry, call: Call, hook: str) -> bool:
    """Whether hanging ``there`` is no fault: it was taken off unseen, or is only prepared again."""
    prepared = hook.startswith("prepare_to_wait") and there.call == call
    return there.unlinked or there.hook == INLINE_REMOVAL or prepared


def _entry_steps(steps: pd.DataFrame) -> Iterator[tuple[StepKind, int, Call, str, int]]:
    wanted = steps["kind"].isin(KINDS) & (steps["hook_name"] != OWN_QUEUE)
    for kind, entry, tid, seq, hook, ts_ns in steps.loc[wanted, COLUMNS].itertuples(index=False):
        yield StepKind(kind), int(entry), (int(tid), int(seq)), str(hook), int(ts_ns)


def _returned_families(calls: pd.DataFrame) -> dict[Call, str]:
    rows = calls.loc[~calls["unfinished"], ["tid", "seq", "family"]]
    return {(tid, seq): family for tid, seq, family in rows.itertuples(index=False)}


def _by_call(trace: Trace) -> Ledger:
    calls = trace.calls
    mux = calls[calls["family"].isin(["select", "poll"]) & ~calls["unfinished"]]
    uneven = mux[(mux["insertions"] != mux["removals"]).fillna(False)]
    problems: list[str] = [
        message(
            "{name} {seq} of {tid}: {queued} insertions, {taken} removals",
            name=name,
            seq=seq,
            tid=tid,
            queued=queued,
            taken=taken,
        )
        for name, tid, seq, queued, taken in uneven[BALANCE].itertuples(index=False)
    ]
    epoll = calls[calls["family"].isin(OF_EPOLL)]
    outside = trace.steps[trace.steps["seq"] == 0]["kind"]
    removed = int((outside == StepKind.REMOVAL).sum())
    live = int(epoll["insertions"].sum() - epoll["removals"].sum()) - removed
    if not calls["family"].isin(REQUESTS).any():  # their removals are in the wakers' calls
        problems += _against_manifest(trace, live)
    totals = [int(calls[column].sum()) for column in ("insertions", "removals", "callbacks")]
    return Ledger(None, tuple(problems), totals[0], totals[1] + removed, totals[2], live)


def _against_manifest(trace: Trace, live: int) -> list[str]:
    said = trace.manifest.live_entries
    if said is None or said == live:
        return []
    return [
        message(
            "{live} entries are still queued by the ledger, {said} by the kernel's map",
            live=live,
            said=said,
        )
    ]
