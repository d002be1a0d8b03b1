"""The result of a recording, and whether it agrees with what the workload says it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from tracer.recording.spools import marks_in, returned_in
from tracer.recording.watch import WELL, End
from tracer.shared.errors import TruthError
from tracer.shared.message import joined, message
from tracer.shared.records import SPOOLS, TRUTH
from tracer.shared.truthcheck import compare


class Recorded(NamedTuple):
    """What came out of a recording."""

    path: Path
    state: str
    exit_status: int | None
    calls: int
    steps: int
    lost: int
    signal: int | None = None
    """SIGINT or SIGTERM, where that stopped the recording."""
    missed: int = 0
    """Runs of programs that the kernel skipped, as far as it counted them."""
    end: End = End.ENDED
    client_status: int | None = None
    """Exit status of the load generator, if there was one and it ended."""
    waited_for: str | None = None
    """What the load generator waited for to the end, so that it was never started."""
    seconds: float = 0.0
    joined: int = 0
    """Tasks that were traced."""
    running: str = ""
    """Which processes are still running, in words; empty: none."""
    let_go: int = 0
    """Discarded calls and steps, the oldest; not included in ``calls`` and ``steps``."""

    @property
    def status(self) -> int:
        """Exit status of ``record``: a command that was meant to be stopped did not fail."""
        if self.end is End.CLIENT:
            return self.client_status or 0
        return self.exit_status or 0 if self.end not in WELL or self.end is End.ENDED else 0


def check_truth(path: Path, result: Recorded) -> None:
    """Check the trace at ``path`` against its truth.

    Raises:
        TruthError: they disagree and no loss explains it, or a workload that ended well wrote none.
    """
    target = path / TRUTH
    if not target.exists():
        if result.state == "complete" and result.exit_status == 0:
            raise TruthError(
                message("the workload succeeded but wrote no truth.json; see {path}", path=path)
            )
        return
    marks = marks_in(path / SPOOLS["steps"])
    returned = returned_in(path / SPOOLS["calls"], marks)
    problems = compare(json.loads(target.read_text()), returned)
    if problems and not (result.lost or result.missed) and result.state == "complete":
        raise TruthError(
            message(
                "trace and truth disagree, and nothing was lost: {problems}; the trace is kept "
                "in {path}",
                problems=joined("; ", problems[:5]),
                path=path,
            )
        )
