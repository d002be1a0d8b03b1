"""Records one of tracer's workloads again if the first attempt failed, and says so.

Two things go wrong on a busy machine or by chance. A workload gives up waiting ("no client
connected in 30 s"), and says so in its truth. A kernel that preempts probes (from 6.18 on) skips
runs of programs, and a claim may need what a skipped one would have recorded. A workload of ours
does the same each time, so the best attempt is kept, and its manifest says what was wrong with the
others.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracer.shared.directory import Directory
from tracer.shared.owner import as_caller
from tracer.shared.records import MANIFEST, TRUTH
from tracer.shared.untrusted import RefusedError, read_json

AFTER_MISSES: Final = 5
"""The most attempts if runs were missed."""
AFTER_FAILURES: Final = 3
"""The most attempts if the workload failed: each may have waited long."""
OTHERS: Final = "other_attempts"
_FILE_BYTES: Final = 64 << 20


@dataclass(frozen=True)
class Attempt:
    """One recording of a workload."""

    trace: Path
    answer: Any = None
    """The caller's answer about it."""
    failure: str | None = None
    """Why the workload gave up, in its own words."""
    missed: int = 0
    """Skipped runs of programs."""

    @property
    def flaw(self) -> str | None:
        """What is wrong with it, None if nothing is."""
        if self.failure is not None:
            return self.failure
        return f"{self.missed} runs of programs were skipped" if self.missed else None


def best_of(make: Callable[[int], Attempt], progress: Callable[[str], object]) -> Attempt:
    """Return the best of several attempts; only its trace is left.

    ``make`` gets the number of the attempt, from 1 on.
    """
    best = make(1)
    others: list[str] = []
    for number in range(2, AFTER_MISSES + 1):
        if best.flaw is None or (best.failure is not None and number > AFTER_FAILURES):
            break
        progress(f"{best.flaw}; recording it again")
        best, other = sorted((best, make(number)), key=_rank)  # the earlier one if both are alike
        others.append(other.flaw or "")
        with as_caller():
            shutil.rmtree(other.trace, ignore_errors=True)
    if others and best.trace.is_dir():
        _note(best.trace, others)
    return best


def _rank(attempt: Attempt) -> tuple[bool, int]:
    return attempt.failure is not None, attempt.missed


def failure_of(trace: Path) -> str | None:
    """Return why the workload of ``trace`` gave up, from its truth; None if it did not say."""
    try:
        with Directory(trace) as directory:
            error = read_json(directory, TRUTH, _FILE_BYTES).get("error")
    except (FileNotFoundError, RefusedError):
        return None
    return error if isinstance(error, str) else None


def _note(trace: Path, others: Sequence[str]) -> None:
    with Directory(trace) as directory:
        manifest = read_json(directory, MANIFEST, _FILE_BYTES) | {OTHERS: list(others)}
        with directory.whole(MANIFEST, force=True) as file:
            file.write(json.dumps(manifest).encode())
