"""The ledger of wait-queue entries: each one queued is removed, or still there for a reason.

Not in the ledger: the entry with which a task sleeps on an epoll instance's own queue, which is
queued inline, unseen (6.1: fs/eventpoll.c ep_poll()); so the callbacks of
ep_autoremove_wake_function are left out.

Entries of epoll, AIO and io_uring outlive the call that queued them. Those of AIO and io_uring are
seen to be removed in their callback. If a poll is cancelled instead, its file is ready at once, or
a ring is closed, the kernel removes them inline (io_uring/poll.c io_poll_remove_entries(), fs/aio.c
aio_poll()), and no hook sees it: they count as still queued until their address is reused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from analysis.checks.agreement import FindCalls
from analysis.checks.entries import REQUESTS, UNKNOWN_FAMILY, Entries
from analysis.checks.entry_steps import families_of, found_queued, gather_entries
from analysis.trace.manifest import Manifest
from analysis.trace.missing import FAMILY_NAMES
from analysis.windows.problems import NO_PROBLEMS, Problem, Problems, in_order
from analysis.windows.totals import gather_totals
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.records import StepKind
from tracer.shared.syscalls import by_number_of

Numbers = npt.NDArray[np.int64]

CORE: Final = ("add_wait_queue", "add_wait_queue_exclusive", "remove_wait_queue")
"""Without these hooks there is no ledger."""

OUTLIVE: Final = ("epoll_ctl", *REQUESTS)
"""Families whose entries outlive the call; they are in the probes' map of live entries."""

OF_EPOLL: Final = ("epoll_ctl", "epoll_wait", "close")
"""Families that queue and remove epoll's entries. Closing the epoll fd, or the last fd of a file
that it watches, removes them: since 6.6 inside the call (fs/open.c close(): __fput_sync(), since
6.15 fput_close_sync()), before that after it, outside of any call.
"""

EVEN: Final = ("select", "poll")
"""Families whose calls remove what they queue."""
SUMMED: Final = ("insertions", "removals", "callbacks")


@dataclass(frozen=True)
class Ledger:
    """The balance of a trace. It balances if ``unchecked`` is None and there are no problems.

    ``epoll_live`` counts epoll entries still queued when the recording ends, ``request_live`` those
    of AIO and io_uring whose removal was not seen.
    """

    unchecked: str | None
    problems: Problems
    insertions: int
    removals: int
    callbacks: int
    epoll_live: int
    request_live: int = 0


@dataclass(frozen=True, eq=False)
class Balance:
    """The balance of a stretch by calls, used at detail ``calls``.

    ``sums`` are those of SUMMED over all calls; ``epoll`` is the entries that epoll's calls queued
    less those they removed, plus those found that had been queued before; ``outside`` were removed
    outside of any call; ``requests``: there are calls of AIO or io_uring.
    """

    uneven: Problems
    sums: Numbers
    epoll: int
    outside: int
    requests: bool

    def combine(self, later: Self, /) -> Self:
        """Return the balance of both stretches."""
        return type(self)(
            self.uneven.combine(later.uneven),
            self.sums + later.sums,
            self.epoll + later.epoll,
            self.outside + later.outside,
            self.requests or later.requests,
        )


def gather_ledger(window: Window) -> Entries | Balance | None:
    """Return the ledger of ``window``: by entry at detail steps, else by call; None: no ledger."""
    if _unchecked(window.manifest):
        return None
    return gather_entries(window) if window.manifest.detail == "steps" else gather_balance(window)


def gather_balance(window: Window) -> Balance:
    """Return the balance of the calls of ``window``."""
    there, totals = window.of_families > 0, gather_totals(window)
    queued, taken, _ = totals.sums(SUMMED, OF_EPOLL).tolist()
    outside = (window.of_steps("kind") == StepKind.REMOVAL) & (window.of_steps("seq") == 0)
    return Balance(
        uneven=_uneven(window),
        sums=totals.sums(SUMMED),
        epoll=int(queued - taken + found_queued(window.steps).sum()),
        outside=int(outside.sum()),
        requests=any(there[FAMILY_NAMES.index(name)] for name in REQUESTS),
    )


def _uneven(window: Window) -> Problems:
    """Return calls of select and poll that did not remove what they had queued."""
    calls = window.calls
    wrong = (window.of_calls("insertions") != window.of_calls("removals")) & ~window.unfinished
    wrong &= window.are(*EVEN)
    for column in ("insertions", "removals"):
        if column in window.missing:
            wrong &= ~window.missing[column]
    names = by_number_of(window.manifest.architecture)
    rows = np.flatnonzero(wrong)
    problems = (
        Problem(
            window.first_call + row,
            message(
                "{name} {seq} of {tid}: {queued} insertions, {taken} removals",
                name=names[int(calls["syscall"][row])].name,
                seq=int(calls["seq"][row]),
                tid=int(calls["tid"][row]),
                queued=int(calls["insertions"][row]),
                taken=int(calls["removals"][row]),
            ),
        )
        for row in rows.tolist()
    )
    return Problems.of(problems, len(rows))


def ledger(found: Entries | Balance | None, manifest: Manifest, find_calls: FindCalls) -> Ledger:
    """Return the ledger of the trace from which ``found`` was gathered."""
    unchecked = _unchecked(manifest)
    if unchecked or found is None:
        return Ledger(unchecked, NO_PROBLEMS, 0, 0, 0, 0)
    if isinstance(found, Balance):
        return _by_call(found, manifest)
    return _by_entry(found, manifest, find_calls)


def _unchecked(manifest: Manifest) -> str | None:
    absent = [hook for hook in CORE if not manifest.attached(hook)]
    return message("hook {hooks} not attached", hooks=", ".join(absent)) if absent else None


def _by_call(found: Balance, manifest: Manifest) -> Ledger:
    live = found.epoll - found.outside
    problems = found.uneven
    if not found.requests:  # their removals happen in the wakers' calls
        problems = problems.combine(_against_manifest(manifest, live))
    queued, taken, called = found.sums.tolist()
    return Ledger(None, problems, queued, taken + found.outside, called, live)


def _by_entry(found: Entries, manifest: Manifest, find_calls: FindCalls) -> Ledger:
    keys = found.open_keys()
    if len(keys):
        window = find_calls(keys)
        by_key = zip(window.joined.keys.tolist(), families_of(window).tolist(), strict=True)
        found = found.resolved(dict(by_key))
    families = found.queued["family"]
    requests = int(np.isin(families, [FAMILY_NAMES.index(name) for name in REQUESTS]).sum())
    epoll = int((families == FAMILY_NAMES.index("epoll_ctl")).sum())
    problems = found.problems.combine(_queued_still(found)).combine(
        _against_manifest(manifest, epoll + requests)
    )
    queued, taken, called = found.counts.tolist()
    return Ledger(None, problems, queued, taken, called, epoll, requests)


def _queued_still(found: Entries) -> Problems:
    """Return entries that are still queued although their call has returned."""
    queued, hooks = found.queued, found.hooks
    outlive = [UNKNOWN_FAMILY, *(FAMILY_NAMES.index(name) for name in OUTLIVE)]
    wrong = ~np.isin(queued["family"], outlive) & (queued["tail"]["hook"] != hooks.inline_removal)
    left = queued[wrong]
    problems = (
        Problem(
            int(left["tail"]["place"][row]),
            message(
                "{hook} queued entry {entry:#x}, and it was still queued when its call returned",
                hook=hooks.names.get(int(left["tail"]["hook"][row]), "?"),
                entry=int(left["entry"][row]),
            ),
        )
        for row in in_order(left["tail"]["place"])
    )
    return Problems.of(problems, len(left))


def _against_manifest(manifest: Manifest, live: int) -> Problems:
    counted = manifest.live_entries
    # With the oldest steps discarded, what was queued in them is not known.
    if counted is None or counted == live or manifest.let_go:
        return NO_PROBLEMS
    return Problems.plain(
        [
            message(
                "{live} entries are still queued according to the ledger, {counted} according to "
                "the kernel's map",
                live=live,
                counted=counted,
            )
        ]
    )
