"""What is run to decide the claims: phases for the workloads, as data.

The numbers are small since a guest runs under emulation, and prime since a count of 23 is no
accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final, Literal, NamedTuple

PhaseSpec = Mapping[str, Any]
"""One phase in the form of ``tracer.shared.phase``."""


class Boot(NamedTuple):
    """One boot of a kernel in the lab, as an experiment needs it.

    ``clock`` "instructions": guest time is an instruction count on one CPU, 2 ns each, so that
    costs repeat; "real": wall time, two CPUs.
    """

    memory_mib: int = 1024
    clock: Literal["real", "instructions"] = "real"

    @property
    def title(self) -> str:
        """The boot in words: "1 GiB", "2 GiB, instruction count"."""
        count = ", instruction count" if self.clock == "instructions" else ""
        return f"{self.memory_mib / 1024:g} GiB{count}"


ONE_BOOT: Final = (Boot(),)


@dataclass(frozen=True)
class Experiment:
    """One recording: its phases, and the detail it needs, "calls" or "steps".

    What must be recorded follows from its claims' ``needs``. With ``bare`` only the tracepoints are
    attached, to measure the kernel's cost and not the probes'. An experiment is recorded once in
    each of ``boots``, and stopped after ``deadline_s``.
    """

    id: str
    phases: tuple[PhaseSpec, ...]
    detail: str
    _: KW_ONLY
    bare: bool = False
    boots: tuple[Boot, ...] = ONE_BOOT
    deadline_s: float = 120.0

    @property
    def ordinary(self) -> bool:
        """Tell whether one boot with wall time suffices, or this machine's own kernel."""
        return self.boots == ONE_BOOT


def asleep(model: str, fds: int, position: str, rounds: int) -> PhaseSpec:
    """Return a phase whose fd becomes ready while its waiter sleeps in the call."""
    name = f"{model}-n{fds}-{position}-asleep"
    return {
        "name": name, "model": model, "fds": fds, "position": position, "rounds": rounds,
        "waker": "while-asleep",
    }  # fmt: skip


def ready(model: str, fds: int, position: str, rounds: int, active: int = 1) -> PhaseSpec:
    """Return a phase whose active fds are ready before each call."""
    name = f"{model}-n{fds}-{position}-a{active}"
    return {
        "name": name, "model": model, "fds": fds, "position": position, "rounds": rounds,
        "active": active,
    }  # fmt: skip


def unready(model: str, fds: int, rounds: int, timeout_ms: int) -> PhaseSpec:
    """Return a phase in which nothing gets ready until the timeout."""
    name = f"{model}-n{fds}-timeout{timeout_ms}"
    return {
        "name": name, "model": model, "fds": fds, "rounds": rounds, "waker": "none",
        "timeout_ms": timeout_ms,
    }  # fmt: skip
