"""Hand-made phases of AIO poll and io_uring poll, step by step.

As in scenes.py a scene's keywords are what the kernel did differently; without them it does
what Linux does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.analysis.handmade import WAITER, WAKER, Maker
from tests.analysis.scenes import fds_of
from tracer.shared.records import Removal, StepKind

RING: Final = 9
FIRST_ENTRY: Final = 0xFFFF_8880_0100_0000
OWNER: Final[Mapping[str, int]] = {"owner_pid": WAITER, "owner_tid": WAITER}
MAPPED: Final = (
    "7f00-7f01 rw-s 10000000 00:0e 1 anon_inode:[io_uring]",
    "7f01-7f02 rw-s 00000000 00:0e 1 anon_inode:[io_uring]",
)


def queue_and_remove(maker: Maker, count: int) -> None:
    """Have the waiter's next call queue and remove ``count`` entries."""
    for number in range(count):
        entry = FIRST_ENTRY + number * 0x80
        maker.step(StepKind.INSERTION, "add_wait_queue", entry=entry, seq=maker.next_seq())
        maker.step(StepKind.REMOVAL, "remove_wait_queue", entry=entry, seq=maker.next_seq())


@dataclass(frozen=True)
class Oddly:
    """What the kernel of a scene does differently with a poll's entry.

    ``queued``: entries per poll; ``runs``: callbacks per event; ``off``: an event removes the entry
    (None: as usual for the model); ``pulled``: the waiter's own waiting call runs the callback;
    ``late``: further entries that this call queues and removes; ``by_worker``: the entry is removed
    unseen, after the callback has ended.
    """

    queued: int = 1
    runs: int = 1
    off: bool | None = None
    pulled: bool = False
    late: int = 0
    by_worker: bool = False


USUAL: Final = Oddly()


class _Queue:
    """The entries of one phase as in the probes' map, and the steps on them."""

    def __init__(self, maker: Maker, hook: str, fds: Sequence[int], odd: Oddly) -> None:
        self.maker, self.hook, self.odd = maker, hook, odd
        first = FIRST_ENTRY + len(maker.phases) * 0x10000
        self.entries = {fd: first + number * 0x100 for number, fd in enumerate(fds)}
        self.queued: set[int] = set()
        self.live: set[int] = set()
        """Entries of the kernel's map: also those that went unseen."""

    def insert(self, fds: Sequence[int]) -> int:
        """Queue the entries of the polls of ``fds`` in the waiter's next call; return how many."""
        for fd in fds:
            for number in range(self.odd.queued):
                entry = self.entries[fd] + number * 0x40
                self.maker.step(StepKind.INSERTION, "add_wait_queue", entry=entry,
                                seq=self.maker.next_seq(), **OWNER)  # fmt: skip
                self.queued.add(entry)
                self.live.add(entry)
        return len(fds) * self.odd.queued

    def call(self, fd: int, tid: int, *, off: bool) -> dict[str, int]:
        """Run the callback of ``fd`` in the next call of ``tid``; return what that call counts."""
        entry = self.entries[fd]
        runs = self.odd.runs if entry in self.queued else 0
        who = {"pid": tid, "tid": tid, "seq": self.maker.next_seq(tid), "entry": entry, **OWNER}
        for _ in range(runs):
            self.maker.step(StepKind.CALLBACK, self.hook, **who)
        gone = int(off and not self.odd.by_worker and runs > 0)
        if gone:
            self.maker.step(StepKind.REMOVAL, f"{self.hook}_done", value=Removal.BY_CALLBACK, **who)
            self.live.discard(entry)
        if off and runs:
            self.queued.discard(entry)
        return {"callbacks": runs, "removals": gone}

    def close(self) -> None:
        """End the phase: what is still queued is in the probes' map."""
        self.maker.manifest["live_entries"] += len(self.live)


def aio_poll(
    maker: Maker,
    *,
    n: int = 3,
    rounds: int = 4,
    asleep: bool = False,
    refused: Mapping[str, Any] | None = None,
    completed: bool = True,
    odd: Oddly = USUAL,
) -> None:
    """AIO polls of ``n`` fds, the last of which gets ready in each round, by waiter or waker."""
    fds = fds_of(n)
    maker.phase("aio-poll", fds=fds, active=fds[-1:], rounds=rounds, waker=_waker(asleep))
    if refused:
        maker.phases[-1]["results"]["refused"] = dict(refused)
        maker.call("io_submit", -int(refused["errno"]), nr=n)
        return
    queue = _Queue(maker, "aio_poll_wake", fds, odd)
    for number in range(rounds):
        polls = fds if number == 0 else fds[-1:]
        maker.call("io_submit", len(polls), nr=len(polls), insertions=queue.insert(polls))
        if completed:
            _write(maker, queue, fds[-1], asleep, off=True)
        counts = {"insertions": odd.late, "removals": odd.late}
        queue_and_remove(maker, odd.late)
        if odd.pulled:
            counts |= queue.call(fds[-1], WAITER, off=True)
        maker.call("io_getevents", int(completed), nr=n, **counts)
        maker.call("read", 1, fd=fds[-1])
    queue.close()


def uring(
    maker: Maker,
    shot: str = "oneshot",
    *,
    n: int = 3,
    rounds: int = 4,
    asleep: bool = False,
    waits: int = 0,
    rearmed: bool | None = None,
    passing: bool = True,
    odd: Oddly = USUAL,
    **results: Any,
) -> None:
    """io_uring polls of ``n`` fds, the last of which gets ready in each round.

    As in the workload, a oneshot's fd has one more event before it is re-armed, unless a waker
    makes the events (``passing`` false: never). ``waits``: rounds whose completion comes only after
    an io_uring_enter has waited, though the event came before; ``rearmed``: each event's poll is
    added again (None: as usual for ``shot``).
    """
    fds, once = fds_of(n), shot == "oneshot"
    maker.phase("io-uring", fds=fds, active=fds[-1:], rounds=rounds, shot=shot,
                waker=_waker(asleep))  # fmt: skip
    maker.call("io_uring_setup", RING, nr=n)
    queue = _Queue(maker, "io_poll_wake", fds, odd)
    added = 0
    for number in range(rounds):
        again = once if rearmed is None else rearmed
        polls = fds if number == 0 else fds[-1:] if again else ()
        if polls:
            queued = queue.insert(polls)
            maker.call("io_uring_enter", len(polls), fd=RING, nr=len(polls), insertions=queued)
            added += len(polls)
        off = once if odd.off is None else odd.off
        _write(maker, queue, fds[-1], asleep, off=off)
        if asleep or number < waits:
            maker.call("io_uring_enter", 0, fd=RING, op=1)
        maker.call("read", 1, fd=fds[-1])
        if once and passing and not asleep:
            _write(maker, queue, fds[-1], asleep, off=off)
            maker.call("read", 1, fd=fds[-1])
    queue.close()
    after = rounds if asleep else waits
    maker.phases[-1]["results"] = {
        "polls_added": added, "completions": rounds, "with_more": 0 if once else rounds,
        "seen_unasked": rounds - after, "seen_after_wait": after, "mmap_errno": 0,
        "events_unarmed": rounds if once and passing and not asleep else 0,
        "ring_mappings": list(MAPPED), **results,
    }  # fmt: skip


def uring_refused(maker: Maker, call: str, errno_name: str, shot: str = "oneshot") -> None:
    """A kernel without io_uring, or without this part of it."""
    refused = {"call": call, "errno": 1, "errno_name": errno_name}
    maker.phase("io-uring", shot=shot, results={"refused": refused})
    maker.call("io_uring_setup", -1)


def uring_unmapped(maker: Maker) -> None:
    """A kernel that makes a ring but doesn't share it."""
    results = dict.fromkeys(
        (
            "polls_added",
            "completions",
            "with_more",
            "seen_unasked",
            "seen_after_wait",
            "events_unarmed",
        ),
        0,
    )
    maker.phase("io-uring", results={**results, "mmap_errno": 19, "ring_mappings": []})
    maker.call("io_uring_setup", RING)


def _waker(asleep: bool) -> str:
    return "while-asleep" if asleep else "before"


def _write(maker: Maker, queue: _Queue, fd: int, asleep: bool, *, off: bool) -> None:
    """The write that makes ``fd`` ready runs its callback, unless the waiter's call does."""
    tid = WAKER if asleep else WAITER
    counts = {} if queue.odd.pulled else queue.call(fd, tid, off=off)
    maker.call("write", 1, fd=5, tid=tid, **counts)
