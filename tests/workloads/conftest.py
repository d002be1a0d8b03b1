"""Starts workloads as the recorder does: as separate programs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.waiting import PATIENCE_S
from tracer.shared import rawcalls
from tracer.workloads import models, spec
from tracer.workloads.registry import entry
from tracer.workloads.rig import Rig

Entries = list[dict[str, Any]]

ENDLESS = {"model": "poll", "name": "endless", "waker": "while-asleep", "delay_ms": 50_000}
SHORT = {"model": "poll", "name": "short"}
BEFORE = {"fds": 7, "active": 3, "waker": "before", "rounds": 11}
ASLEEP = {"fds": 7, "active": 3, "waker": "while-asleep", "rounds": 3, "delay_ms": 5}

each_kind = pytest.mark.parametrize(
    "kind",
    ["unix", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("tcp", "pipe", "eventfd"))],
)
"""Of fds; all but the first with the slow tests."""


class Ended(NamedTuple):
    """A workload that ended: its exit status, its output, the phases of its truth."""

    status: int
    stderr: str
    phases: Entries


class Workload:
    """One run of a workload, and where its truth goes."""

    def __init__(self, truth: Path) -> None:
        self.truth = truth
        self.process: subprocess.Popen[str] | None = None

    def start(self, entries: Entries, *more: str) -> subprocess.Popen[str]:
        """Start it on ``entries`` as they are, right or wrong."""
        line = spec.command([], self.truth)[:-1]
        self.process = subprocess.Popen(
            [*line, json.dumps(entries), *more], stderr=subprocess.PIPE, text=True, cwd="/"
        )
        return self.process

    def end(self) -> Ended:
        """Wait for its end."""
        assert self.process is not None
        _, stderr = self.process.communicate(timeout=PATIENCE_S)
        phases = json.loads(self.truth.read_text())["phases"] if self.truth.exists() else []
        return Ended(self.process.returncode, stderr, phases)


@pytest.fixture
def workload(tmp_path: Path) -> Iterator[Workload]:
    """A workload to start, which is killed if the test leaves it running."""
    made = Workload(tmp_path / "truth.json")
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.communicate()


@pytest.fixture
def run(workload: Workload) -> Callable[[Entries], Ended]:
    """Run entries to the end."""

    def run_to_end(entries: Entries) -> Ended:
        workload.start(entries)
        return workload.end()

    return run_to_end


@pytest.fixture
def one(run: Callable[[Entries], Ended]) -> Callable[..., dict[str, Any]]:
    """Run one phase to its end, which must be a success, and return its truth."""

    def run_one(**entry: Any) -> dict[str, Any]:
        ended = run([entry])
        assert (ended.status, ended.stderr) == (0, "")
        (phase,) = ended.phases
        return phase

    return run_one


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the pids of the children of a running workload."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


def child_of(process: subprocess.Popen[str]) -> int | None:
    """Return the pid of the only child; None while there is none."""
    return next(iter(children_of(process)), None)


def refuse(monkeypatch: pytest.MonkeyPatch, module: ModuleType, call: str, number: int) -> None:
    """Let the kernel answer ``call`` with an error, and everything else as usual."""
    real = rawcalls.syscall
    answer = {call: -number}
    monkeypatch.setattr(
        module, "syscall", lambda name, *rest: answer.get(name) or real(name, *rest)
    )


def results_of(model: str, **fields: Any) -> tuple[dict[str, Any], dict[str, dict[str, int]]]:
    """Run a model in this process, without a phase's marks, and return its results and calls."""
    phase = spec.parse([{"model": model, **fields}])[0]
    rig = Rig(phase)
    made = models.load(entry(phase))(rig)
    try:
        made.prepare()
        made.run()
        return made.results(), rig.tally.to_json()
    finally:
        made.close()
        rig.close()
