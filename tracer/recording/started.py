"""A command that is recorded from its start."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

from tracer.bpf.tasks import Flags, Tasks
from tracer.recording.launch import Body, Stopped
from tracer.recording.subject import How, still_running
from tracer.shared.ending import ENDING
from tracer.shared.message import message


class Started:
    """A command; for a user's program, what it leaves running is followed to its end too."""

    def __init__(
        self, tasks: Tasks, command: Sequence[str], body: Body | None, how: How | None, flags: Flags
    ) -> None:
        """Fork it, held back.

        Args:
            tasks: the traced ones.
            command: program and arguments.
            body: what runs in place of exec; see tracer.recording.launch.
            how: for a user's program; None for our workloads, which end when their process does,
            and start with `ENDING` blocked until they can answer.
            flags: what tasks join with, besides Flags.FOLLOW.
        """
        self._tasks, self._how = tasks, how
        if how is None or how.follow:
            flags |= Flags.FOLLOW
        user = how.user if how else None

        def join() -> None:
            if how is None:
                signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
            tasks.join_self(flags)

        self._child = Stopped(command, body, first=join, user=user)

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says about it."""
        return {"command": list(self._child.command), "exit_status": self.exit_status}

    @property
    def pid(self) -> int | None:
        """The command's process."""
        return self._child.pid

    @property
    def exit_status(self) -> int | None:
        """The command's exit status, once it has ended."""
        return self._child.returncode

    @property
    def is_users(self) -> bool:
        """Our workloads are started without a ``how``."""
        return self._how is not None

    def begin(self) -> None:
        """Release it to become the command."""
        self._child.release()

    def joined(self) -> list[bytes]:
        """None: it joins by itself."""
        return []

    def ended(self) -> bool:
        """Tell whether the command has ended, and for a user's program also what it started."""
        if self._child.poll() is None:
            return False
        return self._how is None or not self._tasks.tids()

    def remark(self) -> str:
        """Say what runs on after the command, such as a server that daemonises."""
        if self.exit_status is None:
            return ""
        return message("the command has ended; {running}", running=still_running(self._tasks))

    def stop(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """End the command and what it started."""
        self._child.stop(meanwhile, self._others)

    def _others(self) -> set[int]:
        if self._tasks.own_pid() != os.getpid():
            return set()  # kill() would take pids of this namespace, not the kernel's
        return self._tasks.pids()
