"""More tasks than there are slots for, all at once and one after the other."""

from __future__ import annotations

from analysis.checks.trust import common_doubts
from tests.torture.figures import Figures
from tests.torture.room import PATIENCE_S, check_trace, room, subject, zero_writes
from tests.torture.subjects.forks import WRITES


def record_tasks(name: str, count: int) -> Figures:
    """Record a subject with ``count`` tasks, and compare its writes with the trace."""
    figures = Figures()
    with room() as place:
        path = place.work / "x.trace"
        done = place.run("record", "-o", path, "--deadline", str(10 * PATIENCE_S), "--",
                         *subject(name, count), timeout_s=20 * PATIENCE_S)  # fmt: skip
        said = done.stdout + done.stderr
        place.check(figures, said, name)
        if done.returncode:
            figures.found("wrong", f"{name}: exit code {done.returncode}: {said[-300:]!r}")
        tasks = int(next(iter(done.stdout.split()), 0)) if name == "threads" else count
        trace = check_trace(figures, path, name, whole=True)
        if trace is not None:
            made, kept = WRITES * tasks, zero_writes(trace)
            losses = dict(trace.manifest.losses or {})
            figures.tell("calls made", made)
            figures.tell("calls kept", kept)
            figures.tell("tasks counted as lost", losses["tasks"])
            if kept + losses["calls"] < made and not common_doubts(trace):
                figures.found("lost", f"{name}: {made} made, {kept} kept, losses {losses}")
            if kept // WRITES + losses["tasks"] < tasks:
                figures.found("wrong", f"{name}: {tasks} tasks, of too few it is told: {losses}")
            if kept > made:
                figures.found("wrong", f"{name}: {made} made, {kept} kept")
            figures.tried = tasks
    return figures
