"""What a guest is asked to do: recordings to make in one boot, and the outcome of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tracer.bpf.loaders import AUTO, Loading
from tracer.lab.kernels import Kernel
from tracer.recording.recorder import DEFAULT_RING_MIB


class Recording(NamedTuple):
    """One recording to be made: a command, or phases of our workloads."""

    name: str
    detail: str
    command: Sequence[str] = ()
    phases: Sequence[Mapping[str, Any]] = ()
    deadline_s: float | None = None
    bare: bool = False
    """Attach only the tracepoints."""
    user: str | None = None
    follow: bool = True
    duration_s: float | None = None
    client: str | None = None
    ready: str | None = None
    """For a command: as the options of ``record`` say."""


class Outcome(NamedTuple):
    """The outcome of a recording."""

    name: str
    path: Path | None
    """The trace; None: there is none."""
    error: str | None
    exit_code: int
    exit_status: int | None
    state: str | None
    signal: int | None = None
    """The signal that stopped it, if tracer got one."""


class LabBoot(NamedTuple):
    """One boot of ``kernel`` and the recordings to be made in it, for the directory ``into``."""

    kernel: Kernel
    recordings: Sequence[Recording]
    into: Path
    memory_mib: int = 1024
    clock: str = "real"
    """``instructions``: guest time is an instruction count."""
    hooks: Sequence[str] = ()
    ring_mib: int = DEFAULT_RING_MIB
    loading: Loading = AUTO
    deadline_s: float = 300.0

    def job(self) -> dict[str, Any]:
        """Return the job as the guest reads it."""
        return {
            "hooks": list(self.hooks),
            "ring_mib": self.ring_mib,
            "loading": self.loading,
            "clock": self.clock,
            "recordings": [recording._asdict() for recording in self.recordings],
        }
