"""Tasks of a hand-made trace: the counts of their calls are the sums of their steps."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.analysis.handmade import Maker
from tracer.shared.records import StepKind
from tracer.shared.syscalls import BY_NAME

SLEEPER = "ep_autoremove_wake_function"
CALLBACK = "ep_poll_callback"
POLLWAKE = "pollwake"
NOTIFIES = (SLEEPER, POLLWAKE)


class Task:
    """One task: ``enter`` begins a call, ``leave`` writes it; between them it makes steps."""

    def __init__(self, maker: Maker, tid: int) -> None:
        self.maker = maker
        self.tid = tid
        self.counts: Counter[str] = Counter()
        self.enter_ns = 0
        self.first_fd = -1
        self.inside = False
        self.totals: dict[str, dict[str, int]] = {}

    def enter(self) -> None:
        """Begin a system call now."""
        self.counts.clear()
        self.enter_ns = self.maker.now_ns
        self.inside = True
        self.maker.now_ns += 10

    def leave(self, name: str, ret: int, **fields: int) -> None:
        """Return from the call as ``name`` with ``ret``."""
        self.maker.call(name, ret, tid=self.tid, enter_ns=self.enter_ns,
                        exit_ns=self.maker.now_ns, **self.counts, **fields)  # fmt: skip
        self.inside = False
        total = self.totals.setdefault(BY_NAME[name].family, {"count": 0, "ret_sum": 0})
        total["count"] += 1
        total["ret_sum"] += ret

    def fd_poll(self, fd: int) -> None:
        """Poll ``fd``; a pass begins with the fd that was the call's first."""
        if not self.counts.get("fd_polls"):
            self.first_fd = fd
        self.counts["passes"] = self.counts.get("passes", 0) + (fd == self.first_fd)
        self._step(StepKind.FD_POLL, "sock_poll", "fd_polls", fd=fd)

    def insert(self, entry: int, fd: int) -> None:
        """Queue ``entry`` on the wait queue of ``fd``."""
        self._step(StepKind.INSERTION, "add_wait_queue", "insertions", entry=entry, fd=fd)

    def drop(self, entry: int) -> None:
        """Remove ``entry`` from its queue."""
        self._step(StepKind.REMOVAL, "remove_wait_queue", "removals", entry=entry)

    def sleep(self, *, forced: bool = False) -> None:
        """Leave the CPU; ``forced``: another task takes it."""
        column = "preemptions" if forced else "sleeps"
        self._step(StepKind.SWITCH_OUT, "sched_switch", column, value=int(forced))

    def get_up(self) -> None:
        """Be on the CPU again after sleeping in a wait."""
        self._step(StepKind.SWITCH_IN, "sched_switch", "")
        self._step(StepKind.SLEEP, "schedule_hrtimeout_range", "sleep_calls", value=-4)

    def call_back(self, hook: str, entry: int, owner: Task, fd: int = -1) -> None:
        """Run the callback of ``entry``, which belongs to ``owner``."""
        whose = {"owner_pid": owner.tid, "owner_tid": owner.tid}
        column = "callbacks" if self.inside else ""
        self._step(StepKind.CALLBACK, hook, column, entry=entry, fd=fd, **whose)
        owner.counts["notified"] += hook in NOTIFIES

    def wake(self, owner: Task) -> None:
        """Make ``owner`` runnable."""
        whose = {"owner_pid": owner.tid, "owner_tid": owner.tid}
        self._step(StepKind.WAKEUP, "sched_waking", "", **whose)
        owner.counts["wakeups"] += 1

    def truth(self) -> dict[str, Any]:
        """Return the truth's entry for one of several waiters."""
        return {"pid": self.tid, "tid": self.tid, "calls": self.totals, "results": {}}

    def _step(self, kind: StepKind, hook: str, column: str, **fields: int) -> None:
        seq = self.maker.next_seq(self.tid) if self.inside else 0
        values = {"pid": self.tid, "tid": self.tid, "seq": seq, **fields}
        self.maker.step(kind, hook=hook, **values)
        if column:
            self.counts[column] += 1
