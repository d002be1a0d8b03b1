"""More tasks than there are slots for, all at once and one after the other."""

from __future__ import annotations

import random

from analysis.trust import common_doubts
from tests.torture.figures import Figures
from tests.torture.room import PATIENCE_S, check_trace, room, subject, zero_writes
from tests.torture.subjects.forks import WRITES


def record_tasks(name: str, count: int) -> Figures:
    """Record a subject with ``count`` tasks, and hold its writes against the trace."""
    figures = Figures()
    with room() as place:
        path = place.work / "x.trace"
        done = place.run("record", "-o", path, "--deadline", str(10 * PATIENCE_S), "--",
                         *subject(name, count), timeout_s=20 * PATIENCE_S)  # fmt: skip
        said = done.stdout + done.stderr
        place.check(figures, said, name)
        if done.returncode:
            figures.found("wrong", f"{name}: exit code {done.returncode}: {said[-300:]!r}")
        tasks = int(done.stdout.split()[0]) if name == "threads" else count
        trace = check_trace(figures, path, name, whole=True)
        if trace is not None:
            made, kept = WRITES * tasks, zero_writes(trace)
            losses = dict(trace.manifest.losses or {})
            figures.tell("tasks", tasks)
            figures.tell("calls made", made)
            figures.tell("calls kept", kept)
            figures.tell("tasks counted as lost", losses["tasks"])
            if kept + losses["calls"] < made and not common_doubts(trace):
                figures.found("lost", f"{name}: {made} made, {kept} kept, losses {losses}")
            if kept > made:
                figures.found("wrong", f"{name}: {made} made, {kept} kept")
    figures.tried = 1
    return figures


def summed(found: list[Figures]) -> Figures:
    """Return the figures of several runs as one."""
    total = Figures()
    for each in found:
        for name in ("tried", "lost", "wrong", "left", "tracebacks"):
            setattr(total, name, getattr(total, name) + getattr(each, name))
        for name, count in each.told.items():
            total.tell(name, count)
        total.examples += each.examples
    return total


def repeated(name: str, tasks: int, count: int, _rng: random.Random) -> Figures:
    """Record a subject of ``tasks`` tasks ``count`` times."""
    return summed([record_tasks(name, tasks) for _ in range(count)])
