"""Start workloads the way the recorder does: as a program of their own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.waiting import PATIENCE_S
from tracer.workloads import spec

Entries = list[dict[str, Any]]


class Ended(NamedTuple):
    """A workload that ended: its exit status, what it said, the phases of its truth."""

    status: int
    stderr: str
    phases: Entries


class Workload:
    """One run, and where its truth goes."""

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
    """A workload to start; killed if the test leaves it running."""
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
