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
    """How a user's program is recorded."""

    user: User | None = None
    """The user that a command runs as."""
    follow: bool = True
    """Also trace what it starts."""
    duration_s: float | None = None
    """End the recording normally after so many seconds."""
    newest: Newest | None = None
    """How much to keep; None: everything."""


AS_IT_IS: Final = How()


class Subject(Protocol):
    """What is recorded."""

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says about it."""

    @property
    def pid(self) -> int | None:
        """One of its processes, if there is one."""

    @property
    def exit_status(self) -> int | None:
        """Exit status of a command that has ended; negative: the signal."""

    @property
    def is_users(self) -> bool:
        """Tell whether it is a user's program, and no workload of ours."""

    def begin(self) -> None:
        """Make its tasks join; nothing of it was recorded before."""

    def joined(self) -> list[bytes]:
        """Return cells of the spool ``lives`` that no BPF program could write."""

    def ended(self) -> bool:
        """Tell whether there is nothing more to record."""

    def remark(self) -> str:
        """Say what is unexpected while it is recorded; empty: nothing."""

    def stop(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """End what the recorder started, and nothing else."""


def still_running(tasks: Tasks) -> str:
    """Say which traced processes are still running: how many, and the first few by name."""
    pids = sorted(tasks.pids())
    names = ", ".join(f"{found.comm} ({pid})" for pid in pids[:3] if (found := task(pid)))
    more = ", …" if len(pids) > 3 else ""
    return message_n(
        "{count:,} process of it still runs: {names}",
        "{count:,} processes of it still run: {names}",
        count=len(pids),
        names=names + more,
    )
