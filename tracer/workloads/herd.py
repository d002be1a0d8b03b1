"""Several processes that wait for one fd, and a parent that makes its events.

The parent forks one waiter after the other, each once the one before sleeps, and makes each event
once all of them sleep. They end when the pipe ``stop`` is closed, by the parent or by its death, so
no waiter outlives it.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from tracer.shared.errors import WorkloadError
from tracer.workloads.asleep import has_ended, open_stat, wait_until_all_asleep
from tracer.workloads.child import fork, signals_held
from tracer.workloads.herd_waiter import PollWaiter, Waiter
from tracer.workloads.models import Model
from tracer.workloads.reports import Reports
from tracer.workloads.rig import Rig


class Herd(Model):
    """``waiters`` processes on one fd; ``rounds`` events, each while all of them sleep."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        (self.event,) = rig.active
        self.pids: list[int] = []
        self.stat_fds: list[int] = []
        self.reports: list[dict[str, Any]] = []
        self.ends: list[int] = []
        self.shared = Reports()

    def prepare(self) -> None:
        """Make what waiters and parent communicate by."""
        os.set_blocking(self.event.watched, False)
        self.ends = list(os.pipe())
        self.stop_fd, self.stop_writer = self.ends

    def waiter(self) -> Waiter:
        """Return a waiter that has yet to run."""
        raise NotImplementedError

    def run(self) -> None:
        """Start the waiters one by one, make the events, end the waiters."""
        for place in range(self.phase.waiters):
            self._start(place)
            self._all_asleep()
        for _ in range(self.phase.rounds):
            self.rig.write(self.event)
            self._all_asleep()
        self._dismiss()

    def _start(self, place: int) -> None:
        def serve() -> None:
            os.close(self.stop_writer)
            waiter = self.waiter()
            waiter.run()
            self.shared.write(place, waiter.report())

        with signals_held():
            self.pids.append(fork(serve, "waiter"))
        self.stat_fds.append(open_stat(self.pids[-1]))

    def _all_asleep(self) -> None:
        """Return once every remaining waiter sleeps."""
        wait_until_all_asleep(self.stat_fds, lambda: False)
        if not self.phase.leave and any(map(has_ended, self.stat_fds)):
            raise WorkloadError(f"a waiter of {self.phase.name!r} ended before it was told to")

    def _dismiss(self) -> None:
        """Close the pipe, wait for all to end, and collect their reports."""
        self._close(self.stop_writer)
        while self.pids:
            _, status = os.waitpid(self.pids[0], 0)
            del self.pids[0]
            if status:
                raise WorkloadError(f"a waiter of {self.phase.name!r} ended with status {status}")
        self.reports = self.shared.read(self.phase.waiters)

    def waiters(self) -> list[dict[str, Any]]:
        """Return the entries of all waiters, in the order they first fell asleep."""
        return self.reports

    def results(self) -> dict[str, Any]:
        """Return the fd that events are written to."""
        return {"writer": self.event.writer}

    def _close(self, fd: int) -> None:
        self.ends.remove(fd)
        os.close(fd)

    def close(self) -> None:
        """Kill the waiters that are left after a failure, and close all fds."""
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for fd in (*self.ends, *self.stat_fds):
            os.close(fd)
        self.shared.close()


class PollHerd(Herd):
    """Each waiter calls poll."""

    def waiter(self) -> Waiter:
        """Return a waiter in poll."""
        return PollWaiter(self.event.watched, self.stop_fd, leave=self.phase.leave)
