"""Several processes that wait for one fd, and a parent that makes its events.

The parent forks one waiter after the other, each once the one before sleeps, and makes each
event once all of them sleep. They end when the pipe ``stop`` is hung up, by the parent or by its
death: so no waiter outlives it. What they did they leave in a memory file, for that takes no
system call that is counted.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
from typing import Any, Final

from tracer.errors import WorkloadError
from tracer.workloads.asleep import has_ended, open_stat, wait_until_all_asleep
from tracer.workloads.child import fork, signals_held
from tracer.workloads.models import Model
from tracer.workloads.rig import Rig
from tracer.workloads.tally import Tally

_REPORT_BYTES: Final = 1024


class Waiter:
    """One of the processes that wait, as it runs there: waits, reads, counts."""

    def __init__(self, event_fd: int, stop_fd: int, *, leave: bool) -> None:
        self.tally = Tally()
        self.event_fd = event_fd
        self.stop_fd = stop_fd
        self.leave = leave
        self.found = {"events": 0, "in_vain": 0}

    def watch(self) -> None:
        """Register the fds."""

    def wait(self) -> list[int]:
        """Make one waiting call, count it, and return the fds it said are ready."""
        raise NotImplementedError

    def run(self) -> None:
        """Take events until told to stop, or one only with ``leave``."""
        self.watch()
        while True:
            ready = self.wait()
            taken = self.event_fd in ready and self._take()
            if self.stop_fd in ready or (taken and self.leave):
                return

    def _take(self) -> bool:
        """Read the event; False if another waiter was faster."""
        try:
            self.tally.add("read", len(os.read(self.event_fd, 8)))
        except BlockingIOError:
            self.tally.add("read", -errno.EAGAIN)
            self.found["in_vain"] += 1
            return False
        self.found["events"] += 1
        return True

    def report(self) -> dict[str, Any]:
        """Return the waiter's entry of the truth."""
        return {
            "pid": os.getpid(),
            "tid": os.getpid(),  # a waiter has one thread
            "calls": self.tally.to_json(),
            "results": self.found,
        }


class PollWaiter(Waiter):
    """Waits by poll."""

    def watch(self) -> None:
        """List the fds; nothing is registered with the kernel."""
        self.poller = select.poll()
        for fd in (self.event_fd, self.stop_fd):
            self.poller.register(fd, select.POLLIN)

    def wait(self) -> list[int]:
        """Call poll without a timeout."""
        events = self.poller.poll()
        self.tally.add("poll", len(events))
        return [fd for fd, _ in events]


class EpollWaiter(Waiter):
    """Waits by an epoll instance of its own, or by one that others wait on as well."""

    flags = 0
    epoll: select.epoll | None = None
    shared = False

    def watch(self) -> None:
        """Make an instance with both fds, unless it is there already."""
        if not self.shared:
            self.epoll = make_instance(self.tally, self.event_fd, self.stop_fd, self.flags)

    def wait(self) -> list[int]:
        """Call epoll_wait without a timeout."""
        assert self.epoll is not None
        events = self.epoll.poll(None, 2)
        self.tally.add("epoll_wait", len(events))
        return [fd for fd, _ in events]


def make_instance(tally: Tally, event_fd: int, stop_fd: int, flags: int) -> select.epoll:
    """Return a new epoll instance that watches both fds, the first with ``flags``."""
    epoll = select.epoll()
    tally.add("epoll_create", epoll.fileno())
    for fd, mask in ((event_fd, select.EPOLLIN | flags), (stop_fd, select.EPOLLIN)):
        epoll.register(fd, mask)
        tally.add("epoll_ctl", 0)
    return epoll


class Crowd(Model):
    """``waiters`` processes on one fd; ``rounds`` events, each while all of them sleep."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        (self.event,) = rig.active
        self.pids: list[int] = []
        self.stat_fds: list[int] = []
        self.reports: list[dict[str, Any]] = []
        self.ends: list[int] = []

    def prepare(self) -> None:
        """Make what waiters and parent tell each other by."""
        os.set_blocking(self.event.watched, False)
        self.ends = list(os.pipe())
        self.stop_fd, self.stop_writer = self.ends
        self.report_fd = os.memfd_create("waiters")
        self.ends.append(self.report_fd)

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
            self._report(place, waiter.report())

        with signals_held():
            self.pids.append(fork(serve, "waiter"))
        self.stat_fds.append(open_stat(self.pids[-1]))

    def _all_asleep(self) -> None:
        """Return once every waiter that is still there sleeps."""
        wait_until_all_asleep(self.stat_fds, lambda: False)
        if not self.phase.leave and any(map(has_ended, self.stat_fds)):
            raise WorkloadError(f"a waiter of {self.phase.name!r} ended before it was told to")

    def _dismiss(self) -> None:
        """Hang up, wait for all to end, and take what they wrote down."""
        self._close(self.stop_writer)
        while self.pids:
            _, status = os.waitpid(self.pids[0], 0)
            del self.pids[0]
            if status:
                raise WorkloadError(f"a waiter of {self.phase.name!r} ended with status {status}")
        self.reports = [self._report_of(place) for place in range(self.phase.waiters)]

    def _report(self, place: int, report: dict[str, Any]) -> None:
        text = json.dumps(report).encode().ljust(_REPORT_BYTES)
        os.pwrite(self.report_fd, text, place * _REPORT_BYTES)

    def _report_of(self, place: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            os.pread(self.report_fd, _REPORT_BYTES, place * _REPORT_BYTES)
        )
        return found

    def waiters(self) -> list[dict[str, Any]]:
        """Return the entries of all waiters, in the order they first fell asleep."""
        return self.reports

    def results(self) -> dict[str, Any]:
        """Return the fd that the events are written to."""
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


class PollCrowd(Crowd):
    """Each waiter calls poll."""

    def waiter(self) -> Waiter:
        """Return a waiter in poll."""
        return PollWaiter(self.event.watched, self.stop_fd, leave=self.phase.leave)
