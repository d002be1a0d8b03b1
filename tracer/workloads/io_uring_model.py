"""io_uring poll: requests go in and completions come back through shared memory."""

from __future__ import annotations

import os
import select
from typing import Any, Final

from tracer.shared.rawcalls import refusal
from tracer.shared.uring_ring import CQE_MORE, Completion, Params, Ring, setup
from tracer.workloads.mappings import mappings_now
from tracer.workloads.models import Model
from tracer.workloads.rig import Rig

_REMOVAL: Final = 1 << 32
"""In ``user_data`` of a POLL_REMOVE, beside the fd."""


class IoUring(Model):
    """A POLL_ADD per fd and event (oneshot) or per fd (multishot), all within the phase.

    Completions are looked for in the mapped ring first; io_uring_enter is asked to wait only if
    there are none. After a oneshot poll has completed, its fd gets one more event before it is
    re-armed (if no waker makes the events), to see whether its entry is still queued. At the end
    the polls that are still armed are removed.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.multishot = self.phase.shot == "multishot"
        self.ring: Ring | None = None
        self.fd = -1
        self.unarmed = [channel.watched for channel in rig.channels]
        self.armed: set[int] = set()
        self.found: dict[str, Any] = dict.fromkeys(
            ("polls_added", "completions", "with_more", "seen_unasked", "seen_after_wait",
             "events_unarmed", "polls_removed", "mmap_errno"), 0,
        )  # fmt: skip

    def run(self) -> None:
        """Make the ring, then arm, make ready and collect ``rounds`` times, and disarm."""
        ring = self.ring = self._open()
        if ring is None:
            return
        for _ in range(self.phase.rounds):
            self._arm(ring)
            self.rig.make_ready(0, self.phase.active)
            self._collect(ring)
            if "refused" in self.found:
                return
            if not self.multishot and self.rig.waker is None:
                self._pass_by()
        self._disarm(ring)

    def _open(self) -> Ring | None:
        params = Params()
        ret = self.tally.add("io_uring_setup", setup(self.phase.fds, params))
        if ret < 0:
            self.found["refused"] = refusal("io_uring_setup", ret)
            return None
        self.fd = ret
        try:
            return Ring(ret, params)
        except OSError as error:
            self.found["mmap_errno"] = error.errno
            return None

    def _arm(self, ring: Ring) -> None:
        """Submit a POLL_ADD for each fd that has none, in one io_uring_enter."""
        if not self.unarmed:
            return
        for fd in self.unarmed:
            ring.push_poll(fd, select.POLLIN, multishot=self.multishot)
        self.tally.add("io_uring_enter", ring.submit(len(self.unarmed)))
        self.found["polls_added"] += len(self.unarmed)
        self.armed.update(self.unarmed)
        self.unarmed = []

    def _collect(self, ring: Ring) -> None:
        """Collect completions until each active fd was read, or one reports an error."""
        missing = {channel.watched for channel in self.rig.active}
        while missing and "refused" not in self.found:
            for completion in self._completions(ring):
                self._handle(completion)
                missing.discard(completion.user_data)

    def _completions(self, ring: Ring) -> list[Completion]:
        """Return the completions in the ring; wait by a system call only if there are none."""
        taken = ring.take()
        if taken:
            self.found["seen_unasked"] += len(taken)
            return taken
        self.tally.add("io_uring_enter", ring.wait())
        taken = ring.take()
        self.found["seen_after_wait"] += len(taken)
        return taken

    def _handle(self, completion: Completion) -> None:
        fd = completion.user_data
        if completion.res < 0:
            self.found["refused"] = refusal(f"POLL_ADD, {self.phase.shot}", completion.res)
            return
        self.found["completions"] += 1
        self.rig.read(self.rig.by_fd[fd])
        if completion.flags & CQE_MORE:
            self.found["with_more"] += 1
        else:
            self.armed.discard(fd)
            self.unarmed.append(fd)

    def _pass_by(self) -> None:
        """Make each active fd ready once more, while it has no poll, and read it."""
        for channel in self.rig.active:
            self.rig.write(channel)
            self.rig.read(channel)
            self.found["events_unarmed"] += 1

    def _disarm(self, ring: Ring) -> None:
        """Remove the polls that are still armed; their last completions are not read."""
        if not self.armed:
            return
        for fd in sorted(self.armed):
            ring.push_removal(fd, _REMOVAL | fd)
        self.tally.add("io_uring_enter", ring.submit(len(self.armed)))
        removals = [each for each in ring.take() if each.user_data & _REMOVAL]
        self.found["polls_removed"] = sum(each.res == 0 for each in removals)

    def results(self) -> dict[str, Any]:
        """Return polls, completions and how they were seen, and the mappings of the ring."""
        mappings = [row for row in mappings_now() if "io_uring" in row]
        return {**super().results(), **self.found, "fd": self.fd, "ring_mappings": mappings}

    def close(self) -> None:
        """Unmap the rings, then close the ring's fd; that cancels what is still armed."""
        if self.ring is not None:
            self.ring.unmap()
        if self.fd >= 0:
            os.close(self.fd)
