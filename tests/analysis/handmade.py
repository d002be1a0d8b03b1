"""Hand-made traces, written byte by byte, so that every answer is known exactly.

A ``Maker`` has its own clock, which each call advances; calls and steps are written in the order
they are made. Its plan is the catalogue's, each hook at its first attach point.
"""

from __future__ import annotations

import copy
import functools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.checks.owners import OWN
from tracer.shared import arch, fds
from tracer.shared.records import (
    CALL,
    CALL_FIELDS,
    RING_HEADER,
    STEP,
    STEP_FIELDS,
    TASK,
    Life,
    StepKind,
)
from tracer.shared.syscalls import BY_NAME

CATALOGUE = Path(__file__).parents[2] / "probes" / "hooks.toml"
MACHINE = arch.ARCHITECTURES[0].machine
WAITER = 71
WAKER = 72
START_NS = 1_000_000_000
MS = 1_000_000
EPOLL_CTL_ADD = 1

_STEP = {field.name: 0 for field in STEP_FIELDS} | {"pid": WAITER, "tid": WAITER, "fd": -1}
_CALL = {field.name: 0 for field in CALL_FIELDS} | {"fd": -1, "target": -1, "timeout_ns": -2}
_STEP_HEADER = RING_HEADER.pack(STEP.size, 0)
_CALL_HEADER = RING_HEADER.pack(CALL.size, 0)
_NUMBERS = arch.of(MACHINE).syscalls
NONE_LOST = dict.fromkeys(("calls", "steps", "tasks", "entries", "waiters"), 0)


@functools.cache
def catalogue() -> list[dict[str, Any]]:
    """Return the rows of probes/hooks.toml."""
    rows: list[dict[str, Any]] = tomllib.loads(CATALOGUE.read_text())["hook"]
    return rows


@functools.cache
def hook_id(name: str) -> int:
    """Return the number that steps of the hook carry."""
    return int(next(row["id"] for row in catalogue() if row["name"] == name))


def plan(detail: str, detached: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the plan with every hook attached except those ``detached`` (name: reason)."""
    rows = []
    for row in catalogue():
        reason = detached.get(row["name"])
        if row["detail"] == "steps" and detail == "calls":
            reason = "only with --detail steps"
        rows.append(
            {
                "hook": row["name"],
                "id": row["id"],
                "attached": None if reason else row["attach"][0],
                "stands_for": None,
                "reason": reason,
                "feeds": row["feeds"],
            }
        )
    return rows


class Maker:
    """Collects calls, steps and phases; ``write`` makes the trace directory."""

    def __init__(self, detail: str = "calls", detached: Mapping[str, str] | None = None) -> None:
        self.detail = detail
        self.now_ns = START_NS
        self.calls: list[bytes] = []
        self.steps: list[bytes] = []
        self.tasks: list[bytes] = []
        self.observed: list[dict[str, Any]] = []
        self.phases: list[dict[str, Any]] = []
        self.manifest: dict[str, Any] = {
            "schema": 1,
            "state": "complete",
            "where": "lab",
            "kernel": {"release": "6.1.0-56-amd64", "version": "#1 SMP", "machine": MACHINE},
            "machine": {
                "clock": "real",
                "cpus": 2,
                "memory_kib": 981_000,
                "file_max": 96_385,
                "max_user_watches": 216_175,
                "init": "virtme-init",
            },
            "detail": detail,
            "loader": "core",
            "command": ["handmade"],
            "exit_status": 0,
            "started_ns": START_NS,
            "ended_ns": START_NS,
            "started_at": "2026-11-23T10:00:00+00:00",
            "plan": plan(detail, detached or {}),
            "losses": dict(NONE_LOST),
            "misses": {},
            "hits": {},
            "live_entries": 0,
            "versions": {"tracer": "0.1.0", "libbpf": "1.1.0", "python": "3.11.2"},
        }
        self._seq: dict[int, int] = {}

    def copy(self) -> Maker:
        """Return an independent copy."""
        other = copy.copy(self)
        other.calls, other.steps, other.tasks = self.calls[:], self.steps[:], self.tasks[:]
        other._seq = dict(self._seq)
        for name in ("manifest", "phases", "observed"):
            setattr(other, name, json.loads(json.dumps(getattr(self, name))))
        return other

    def step(self, kind: StepKind, hook: str = "sys_enter", **fields: int) -> None:
        """Add one step now; fields not given are 0, fd is -1, the waiter runs.

        For a removal, and for kinds in analysis.checks.owners.OWN, the owner is the running task.
        """
        values = _STEP | {"ts_ns": self.now_ns}
        if kind in (StepKind.REMOVAL, *OWN):
            values |= {f"owner_{name}": fields.get(name, WAITER) for name in ("pid", "tid")}
        values |= {"kind": int(kind), "hook": hook_id(hook)} | fields
        self.steps.append(_STEP_HEADER + STEP.pack(*values.values()))
        self.now_ns += 10

    def phase(
        self,
        model: str,
        fds: tuple[int, ...] = (4,),
        active: tuple[int, ...] = (),
        results: Mapping[str, Any] | None = None,
        **spec: Any,
    ) -> None:
        """Begin the next phase: its mark, and its truth (calls are tallied as they are added)."""
        number = len(self.phases) + 1
        self.step(StepKind.PHASE, value=number)
        self.phases.append(
            {
                "number": number,
                "name": spec.get("name", f"{model}-{number}"),
                "spec": {"model": model, "fds": len(fds), **spec},
                "pid": WAITER,
                "tid": WAITER,
                "waker_pid": WAKER,
                "fds": list(fds),
                "active": list(active),
                "calls": {},
                "results": dict(results or {}),
            }
        )

    def next_seq(self, tid: int = WAITER) -> int:
        """Return the number that the next call of ``tid`` will have; its steps carry it."""
        return self._seq.get(tid, 0) + 1

    def call(self, name: str, ret: int, **fields: int) -> None:
        """Add one call that takes ``wall_ns`` (1000) from now on and returns ``ret``."""
        tid = fields.get("tid", WAITER)
        wall_ns = fields.pop("wall_ns", 1000)
        self._seq[tid] = self.next_seq(tid)
        values = _CALL | {"enter_ns": self.now_ns, "exit_ns": self.now_ns + wall_ns, "ret": ret}
        values |= {"pid": tid, "tid": tid, "seq": self._seq[tid], "syscall": _NUMBERS[name]}
        family = BY_NAME[name].family
        if family in ("select", "poll") and fields.get("fd_polls"):
            # A call that polls its fds has named them, and made a pass over them.
            values |= {"passes": 1, "nr": fields["fd_polls"]}
        values |= fields
        self.calls.append(_CALL_HEADER + CALL.pack(*values.values()))
        self.now_ns = max(self.now_ns + 10, values["exit_ns"] + 10)
        if self.phases and tid == WAITER and values["exit_ns"]:
            self._tally(family, ret)

    def _tally(self, family: str, ret: int) -> None:
        totals = self.phases[-1]["calls"].setdefault(family, {"count": 0, "ret_sum": 0})
        totals["count"] += 1
        totals["ret_sum"] += ret

    def task(self, tid: int, comm: str, kind: Life = Life.JOINED, parent: int = 0) -> None:
        """Add an event in a task's life now."""
        record = TASK.pack(self.now_ns, 0, tid, tid, parent, tid, 0, comm.encode(), kind)
        self.tasks.append(RING_HEADER.pack(TASK.size, 0) + record)

    def observe(self, fd: int, kind: str, pid: int = WAITER, **details: Any) -> None:
        """Add an observation of an fd now."""
        self.observed.append({"at_ns": self.now_ns, "pid": pid, "fd": fd, "kind": kind, **details})
        self.now_ns += 10

    def write(self, directory: Path) -> Path:
        """Write the trace into ``directory``, made if needed, and return it."""
        directory.mkdir(parents=True, exist_ok=True)
        if self.phases:
            self.step(StepKind.PHASE, value=0)
            truth = {"schema": 1, "phases": self.phases}
            (directory / "truth.json").write_text(json.dumps(truth))
        self.manifest["ended_ns"] = self.now_ns
        (directory / "manifest.json").write_text(json.dumps(self.manifest))
        (directory / "calls.bin").write_bytes(b"".join(self.calls))
        (directory / "steps.bin").write_bytes(b"".join(self.steps))
        if self.tasks:
            (directory / "tasks.bin").write_bytes(b"".join(self.tasks))
        if self.observed:
            lines = [json.dumps(each) + "\n" for each in self.observed]
            (directory / fds.FILE).write_text("".join(lines))
        return directory
