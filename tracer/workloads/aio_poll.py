"""AIO poll: one request per fd and event (IOCB_CMD_POLL), completed by the kernel."""

from __future__ import annotations

import ctypes
from typing import Any

from tracer.shared.iocb import poll_of
from tracer.shared.rawcalls import refusal, syscall
from tracer.workloads.models import Model
from tracer.workloads.rig import Rig


class _Event(ctypes.Structure):
    """``struct io_event``; ``data`` is that of the iocb."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("obj", ctypes.c_uint64),
        ("res", ctypes.c_int64),
        ("res2", ctypes.c_int64),
    )


class AioPoll(Model):
    """Per round an io_submit of every poll that has completed, then io_getevents and reads."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.context = ctypes.c_uint64(0)
        self.iocbs = {channel.watched: poll_of(channel.watched) for channel in rig.channels}
        self.events = (_Event * self.phase.fds)()
        self.unarmed = list(self.iocbs)
        self.submitted = 0
        self.ready: list[list[int]] = []
        self.refused: dict[str, Any] | None = None

    def prepare(self) -> None:
        """Make the context, with room for a completion per fd; start the waker."""
        ret = syscall("io_setup", self.phase.fds, ctypes.addressof(self.context))
        if ret < 0:
            self.refused = refusal("io_setup", ret)
        self.rig.start_waker()

    def run(self) -> None:
        """Submit, make ready and collect ``rounds`` times, or until the kernel refuses."""
        for _ in range(self.phase.rounds):
            if self.refused is None:
                self._submit()
            if self.refused is not None:
                return
            self.rig.make_ready(0, self.phase.active)
            self._collect()

    def _submit(self) -> None:
        """Submit polls for all unarmed fds in one io_submit."""
        count = len(self.unarmed)
        pointers = [ctypes.addressof(self.iocbs[fd]) for fd in self.unarmed]
        array = (ctypes.c_uint64 * count)(*pointers)
        ret = syscall("io_submit", self.context.value, count, ctypes.addressof(array))
        self.tally.add("io_submit", ret)
        if ret == count:
            self.submitted += count
            self.unarmed = []
        else:
            self.refused = refusal("io_submit of IOCB_CMD_POLL", min(ret, 0))

    def _collect(self) -> None:
        """Collect completions until each active fd was read."""
        missing = {channel.watched for channel in self.rig.active}
        while missing:
            fds = self._wait()
            self.ready.append(fds)
            for fd in fds:
                self.rig.read(self.rig.by_fd[fd])
            self.unarmed += fds
            missing.difference_update(fds)

    def _wait(self) -> list[int]:
        """Wait for at least one completion and return their fds."""
        room, events = len(self.events), ctypes.addressof(self.events)
        ret = self.tally.add(
            "io_getevents", syscall("io_getevents", self.context.value, 1, room, events, 0)
        )
        return [int(event.data) for event in self.events[: max(0, ret)]]

    def results(self) -> dict[str, Any]:
        """Return polls submitted, the fds of each io_getevents, and what was refused, if any."""
        found: dict[str, Any] = {"submitted": self.submitted, "ready": self.ready}
        if self.refused is not None:
            found["refused"] = self.refused
        return {**super().results(), **found}

    def close(self) -> None:
        """Destroy the context; that cancels polls whose event never occurred."""
        if self.context.value:
            syscall("io_destroy", self.context.value)
