"""``truth.json`` as values: what a workload says it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta

from analysis.trace.manifest import Count, Text, repeated
from analysis.trace.recordcheck import MOST_TID
from analysis.trace.strictjson import check_schema, converted, read_object
from tracer.shared.phase import DEFAULTS, MAX_PHASES

SCHEMA: Final = 1
MOST_BYTES: Final = 64 << 20

PhaseNumber = Annotated[int, Meta(ge=1, le=MAX_PHASES)]
Tid = Annotated[int, Meta(ge=1, le=MOST_TID)]
Fd = Annotated[int, Meta(ge=-1, le=(1 << 31) - 1)]
Sum = Annotated[int, Meta(ge=-(1 << 62), le=1 << 62)]

MOST_ASKED: Final = (1 << 31) - 1
"""The largest number allowed in a spec."""


@dataclass(frozen=True)
class CallTotals:
    """Calls of one family that the waiter made: how many, and the sum of their results."""

    count: Count
    ret_sum: Sum


@dataclass(frozen=True)
class WaiterTruth:
    """One of several waiters of a phase, and what it reports."""

    pid: Tid
    tid: Tid
    calls: Mapping[str, CallTotals]
    results: Mapping[str, Any]


@dataclass(frozen=True)
class PhaseTruth:
    """One phase as the workload saw it. ``spec`` has every default filled in.

    ``waiters`` are the tasks that waited, if there are several; ``pid``, ``tid``, ``calls`` are
    then those of the task that started them and made the events. Empty: that task waited itself.
    """

    number: PhaseNumber
    name: Text
    spec: Mapping[str, Any]
    pid: Tid
    tid: Tid
    waker_pid: Tid | None
    fds: tuple[Fd, ...]
    active: tuple[Fd, ...]
    calls: Mapping[str, CallTotals]
    results: Mapping[str, Any]
    waiters: tuple[WaiterTruth, ...] = ()

    def __post_init__(self) -> None:
        """Fill in the defaults of ``spec``; ValueError: a value has the wrong type."""
        if not isinstance(self.spec.get("model"), str):
            raise ValueError(f"Expected a spec with a model, got {self.spec!r}"[:200])
        for name, default in DEFAULTS.items():
            if name in self.spec and not _alike(self.spec[name], default):
                raise ValueError(f"Expected another spec.{name} than {self.spec[name]!r}"[:200])
        object.__setattr__(self, "spec", {**DEFAULTS, **self.spec})

    @property
    def idle(self) -> tuple[int, ...]:
        """Watched fds that nobody makes ready."""
        return tuple(fd for fd in self.fds if fd not in self.active)


def _alike(value: object, default: object) -> bool:
    """Tell whether ``value`` has the type of ``default``; None counts as an integer."""
    if default is None and value is None:
        return True
    wanted = int if default is None else type(default)
    return type(value) is wanted and (not isinstance(value, int) or 0 <= value <= MOST_ASKED)


@dataclass(frozen=True)
class _File:
    phases: Annotated[tuple[PhaseTruth, ...], Meta(max_length=MAX_PHASES)]
    error: Text | None = None

    def __post_init__(self) -> None:
        if twice := repeated(phase.number for phase in self.phases):
            raise ValueError(f"Expected each number of a phase once, got {twice[0]} twice")


@dataclass(frozen=True)
class Truth:
    """All phases, in order of their numbers; ``raw`` is the file's content."""

    phases: tuple[PhaseTruth, ...]
    raw: Mapping[str, Any]
    error: str | None = None
    """Why the workload gave up, in its own words; then only earlier phases are there."""


def read_truth(path: Path) -> Truth | None:
    """Return the truth in the file ``path``; None if there is no such file.

    TraceError: not a regular file, not JSON, another schema, a phase with a missing or wrong key.
    """
    if not path.exists() and not path.is_symlink():
        return None
    return truth_of(path, read_object(path, MOST_BYTES))


def truth_of(path: Path, raw: Mapping[str, Any]) -> Truth:
    """Return the truth ``raw``, the content of ``path``; as `read_truth`."""
    check_schema(path, raw, SCHEMA)
    file = converted(path, raw, _File)
    phases = tuple(sorted(file.phases, key=lambda phase: phase.number))
    return Truth(phases=phases, raw=raw, error=file.error)
