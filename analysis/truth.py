"""``truth.json`` as values: what a workload says it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.manifest import check_schema, read_json
from tracer.shared.errors import TraceError
from tracer.shared.phase import DEFAULTS
from tracer.shared.say import say


@dataclass(frozen=True)
class CallTotals:
    """Calls of one family that the waiter made: how many, and the sum of their results."""

    count: int
    ret_sum: int


@dataclass(frozen=True)
class WaiterTruth:
    """One of several waiters of a phase, and what it says it did."""

    pid: int
    tid: int
    calls: Mapping[str, CallTotals]
    results: Mapping[str, Any]


@dataclass(frozen=True)
class PhaseTruth:
    """One phase as the workload saw it. ``spec`` has every default filled in.

    ``waiters`` are the tasks that waited where they are several; ``pid``, ``tid``, ``calls``
    are then of the task that started them and made the events. Empty: that task waited itself.
    """

    number: int
    name: str
    spec: Mapping[str, Any]
    pid: int
    tid: int
    waker_pid: int | None
    fds: tuple[int, ...]
    active: tuple[int, ...]
    calls: Mapping[str, CallTotals]
    results: Mapping[str, Any]
    waiters: tuple[WaiterTruth, ...] = ()

    @property
    def idle(self) -> tuple[int, ...]:
        """Watched fds that nobody makes ready."""
        return tuple(fd for fd in self.fds if fd not in self.active)


@dataclass(frozen=True)
class Truth:
    """All phases, in the order of their numbers; ``raw`` is the file as it stands."""

    phases: tuple[PhaseTruth, ...]
    raw: Mapping[str, Any]


def read_truth(path: Path) -> Truth | None:
    """Return the truth in the file ``path``, None if there is no such file.

    TraceError: no JSON, another schema, or a phase without its keys.
    """
    if not path.exists():
        return None
    raw = read_json(path)
    check_schema(path, raw)
    try:
        phases = tuple(_phase(phase) for phase in raw["phases"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TraceError(
            say("{path}: phase without {error}; run the workload again", path=path, error=error)
        ) from error
    return Truth(phases=tuple(sorted(phases, key=lambda phase: phase.number)), raw=raw)


def _phase(raw: Mapping[str, Any]) -> PhaseTruth:
    return PhaseTruth(
        number=int(raw["number"]),
        name=str(raw["name"]),
        spec={**DEFAULTS, **raw["spec"]},
        pid=int(raw["pid"]),
        tid=int(raw["tid"]),
        waker_pid=raw["waker_pid"],
        fds=tuple(raw["fds"]),
        active=tuple(raw["active"]),
        calls=_totals(raw),
        results=dict(raw["results"]),
        waiters=tuple(_waiter(waiter) for waiter in raw.get("waiters", ())),
    )


def _waiter(raw: Mapping[str, Any]) -> WaiterTruth:
    return WaiterTruth(int(raw["pid"]), int(raw["tid"]), _totals(raw), dict(raw["results"]))


def _totals(raw: Mapping[str, Any]) -> dict[str, CallTotals]:
    return {
        family: CallTotals(int(calls["count"]), int(calls["ret_sum"]))
        for family, calls in raw["calls"].items()
    }
