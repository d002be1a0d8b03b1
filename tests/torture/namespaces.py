"""A recorder inside namespaces: it records its own command exactly, or refuses."""

from __future__ import annotations

import random

from analysis.checks.trust import common_doubts
from tests.torture.figures import Figures
from tests.torture.room import Room, check_trace, room, subject, zero_writes

TITLE, QUICK, LONG, LIVE = "in pid, user, time and other namespaces", 2, 30, True
KINDS = {
    "pid": ("--pid", "--fork", "--mount-proc"),
    "pid with the host's /proc": ("--pid", "--fork"),
    "user": ("--user", "--map-root-user"),
    "user and pid": ("--user", "--map-root-user", "--pid", "--fork", "--mount-proc"),
    "time": ("--time", "--boottime", "86400", "--fork"),
    "net, ipc, uts, cgroup": ("--net", "--ipc", "--uts", "--cgroup"),
}


def run(count: int, rng: random.Random) -> Figures:
    """Record in ``count`` namespaces, one kind after the other."""
    figures = Figures()
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        with room() as place:
            _record(figures, place, kind, rng.randint(1_009, 9_001))
        figures.tried += 1
    return figures


def _record(figures: Figures, place: Room, kind: str, made: int) -> None:
    path = place.work / "x.trace"
    before = ["unshare", *KINDS[kind], "--"]
    done = place.run("record", "-o", path, "--", *subject("storm", made), before=before)
    said = done.stdout + done.stderr
    if done.returncode:
        figures.tell(f"refused ({kind})")
        if b"tracer: " not in said:
            figures.found("wrong", f"{kind}: exit code {done.returncode}: {said[-200:]!r}")
    else:
        figures.tell(f"recorded ({kind})")
        trace = check_trace(figures, path, kind, whole=True)
        if trace is not None:
            kept, lost = zero_writes(trace), (trace.manifest.losses or {})["calls"]
            if kept + lost < made and not common_doubts(trace):
                figures.found("lost", f"{kind}: {made} made, {kept} kept, {lost} lost")
            if kept > made:
                figures.found("wrong", f"{kind}: {made} made, {kept} kept")
            begun, ended = trace.manifest.started_ns, trace.manifest.ended_ns or 0
            if not begun <= int(trace.calls.enter_ns.min()) <= ended:
                figures.found("wrong", f"{kind}: calls at other times than the recording")
    place.check(figures, said, kind)
