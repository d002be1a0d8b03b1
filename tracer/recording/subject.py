"""The subject of a recording: a command to start, or something already running."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from tracer.bpf.tasks import Tasks
from tracer.recording.keeping import Newest
from tracer.recording.proc import task
from tracer.recording.user import User
from tracer.shared.message import message_n


class How(NamedTuple):
    """How a program is recorded, where it is one of a user's."""

    user: User | None = None
    """Whom a command runs as."""
    follow: bool = True
    """Trace also what it starts."""
    duration_s: float | None = None
    """End the recording well after so many seconds."""
    newest: Newest | None = None
    """Keep so much, None: all."""


AS_IT_IS: Final = How()


class Subject(Protocol):
    """What is recorded."""

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of it."""

    @property
    def pid(self) -> int | None:
        """A process of it, where there is one."""

    @property
    def exit_status(self) -> int | None:
        """Of a command that has ended; negative: the signal."""

    @property
    def is_users(self) -> bool:
        """Tell whether it is a user's program, and no workload of ours."""

    def begin(self) -> None:
        """Have its tasks join; nothing of it was recorded before."""

    def joined(self) -> list[bytes]:
        """Return cells of the spool ``lives`` that no program of ours could write."""

    def ended(self) -> bool:
        """Tell whether there is nothing more to be recorded."""

    def remark(self) -> str:
        """Say what one would not expect while it is recorded; empty: nothing."""

    def stop(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """End what the recorder started, and nothing else."""


def still_running(tasks: Tasks) -> str:
    """Say which traced processes live: how many, and the first of them by name."""
    pids = sorted(tasks.pids())
    names = ", ".join(f"{found.comm} ({pid})" for pid in pids[:3] if (found := task(pid)))
    more = ", …" if len(pids) > 3 else ""
    return message_n(
        "{count:,} process of it still runs: {names}",
        "{count:,} processes of it still run: {names}",
        count=len(pids),
        names=names + more,
    )
