"""What a page draws of a trace's loops: lanes, hold-ups, distributions, hot fds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from analysis.fds.names import FdNames, fd_names_of
from analysis.findings.examine import facts_of
from analysis.findings.following import results_of
from analysis.findings.gaps import Gaps
from analysis.findings.parts import Parts, Spreads, rows_of
from analysis.findings.rule import Facts
from analysis.looptime.bins import Bins, bins_of
from analysis.looptime.busy import HoldUp
from analysis.looptime.gather import gather_lanes
from analysis.looptime.hotfds import HotFds, hot_fds
from analysis.looptime.lane import NO_LANES, Lane
from analysis.looptime.spread import (
    by_program,
    no_gaps,
    no_latency,
    programs_of,
    spread_of,
)
from analysis.windows.distribution import Distribution
from analysis.windows.partial import combined
from analysis.windows.recording import WINDOW, Recording
from tracer.shared.syscalls import by_number_of

MOST_LANES: Final = 10
"""How many threads are drawn: those with most waits, then those with most calls."""
MOST_FDS: Final = 20


@dataclass(frozen=True, eq=False)
class Thread:
    """A thread and its lane."""

    pid: int
    tid: int
    name: str
    calls: int
    waits: int
    lane: Lane


@dataclass(frozen=True, eq=False)
class Held:
    """A hold-up of a thread.

    ``call`` is the name of its longest call, if calls are half of it or more, ``fd_name`` what was
    behind that call's fd; None if it was outside of calls, or not known.
    """

    thread: Thread
    hold_up: HoldUp
    call: str | None
    fd_name: str | None


@dataclass(frozen=True, eq=False)
class LoopTime:
    """Everything that a page draws.

    ``more`` threads besides those drawn made ``more_calls`` calls. ``spreads`` are distributions by
    what (``wait``, ``gap``, ``events``, ``run``, ``return``) and program; an unknown one is absent,
    and ``not_measured`` says why, by the same names. ``held`` are the longest hold-ups of each
    stretch and thread, longest first.
    """

    bins: Bins
    threads: Sequence[Thread]
    more: int
    more_calls: int
    held: Sequence[Held]
    spreads: Mapping[str, Mapping[str, Distribution]]
    not_measured: Mapping[str, str]
    fds: HotFds

    @property
    def loops(self) -> bool:
        """Tell whether any thread waited in select, poll or epoll."""
        return any(thread.waits for thread in self.threads)


def loop_time(recording: Recording, gaps: Sequence[str] = (), size: int = WINDOW) -> LoopTime:
    """Return what the loops of ``recording`` did over its time, read in windows of ``size``.

    ``gaps`` are records missing between others (analysis.checks.continuity).
    """
    with pd.option_context("mode.copy_on_write", True):
        facts, bins = facts_of(recording), bins_of(recording)
        found = spread_of(recording, tuple(gaps), size)
        ranked = _ranked(found)
        shown = ranked.head(MOST_LANES)
        tids = shown["tid"].tolist()
        parts = (gather_lanes(window, tids, bins) for window in recording.windows_of("calls", size))
        lanes = combined(parts, NO_LANES).by_tid
        threads = [
            Thread(row["pid"], row["tid"], facts.threads.get(row["tid"], "?"), row["calls"],
                   row["waits"], lanes[row["tid"]])
            for row in rows_of(shown)
        ]  # fmt: skip
        names = fd_names_of(recording)
        fds = hot_fds(recording, names, MOST_FDS)
        rest = ranked["calls"].iloc[MOST_LANES:]
        not_measured = _not_measured(recording, tuple(gaps))
        return LoopTime(
            bins=bins,
            threads=threads,
            more=len(rest),
            more_calls=int(rest.sum()),
            held=_held(threads, recording, names),
            spreads=_spreads(found, facts, not_measured) if found else {},
            not_measured=not_measured,
            fds=fds,
        )


def _ranked(found: Parts | None) -> pd.DataFrame:
    """Return pid, tid, calls, waits of each thread, those with most waits first."""
    if found is None:
        return pd.DataFrame(columns=["tid", "pid", "calls", "waits"])
    rows = found.sums("threads").by("pid", "tid")
    rows = rows.groupby("tid", as_index=False).agg({"pid": "last", "calls": "sum", "waits": "sum"})
    return rows.sort_values(["waits", "calls"], ascending=False, kind="stable", ignore_index=True)


def _held(threads: Sequence[Thread], recording: Recording, names: FdNames) -> list[Held]:
    """Return the hold-ups of ``threads``, longest first."""
    pairs = [(thread, each) for thread in threads for each in thread.lane.held.values()]
    pairs.sort(key=lambda pair: (-pair[1].ns, pair[1].at_ns))
    calls = [each.busy.longest for _, each in pairs]
    numbers = by_number_of(recording.manifest.architecture)
    asked = pd.DataFrame(
        {
            "pid": [thread.pid for thread, _ in pairs],
            "fd": [call.fd for call in calls],
            "at_ns": [call.enter_ns for call in calls],
        },
        dtype="int64",
    )
    return [
        Held(
            thread,
            each,
            numbers[call.syscall].name if each.in_calls and call.syscall in numbers else None,
            name if each.in_calls and call.fd >= 0 else None,
        )
        for (thread, each), call, name in zip(pairs, calls, names.names(asked), strict=True)
    ]


def _not_measured(recording: Recording, gaps: tuple[str, ...]) -> dict[str, str]:
    """Return by distribution why it is not known."""
    reasons = {
        "gap": no_gaps(recording, gaps),
        "run": no_latency(recording, gaps),
        "return": no_latency(recording, gaps),
    }
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _spreads(
    found: Parts, facts: Facts, not_measured: Mapping[str, str]
) -> dict[str, dict[str, Distribution]]:
    """Return the distributions by what and by program."""
    pids = {row["tid"]: row["pid"] for row in found.sums("threads").rows("pid", "tid")}
    gaps = found.by_name["gaps"]
    assert isinstance(gaps, Gaps)
    programs = programs_of(found.sums("threads"), facts)
    known = {
        name: by_program(_keyed(found.spreads(name)), facts.program, programs)
        for name in ("wait", "events")
    }
    by_tid = {"gap": gaps.spread}
    if "run" not in not_measured:
        woken = results_of(found, "woken")
        returned = woken.spreads("return")
        by_key = woken.spreads("run").by_key
        waiting = {key: spread for key, spread in by_key.items() if key in returned.by_key}
        by_tid |= {"run": Spreads(waiting), "return": returned}
    for name, spreads in by_tid.items():
        if name not in not_measured:
            known[name] = by_program(
                _keyed(spreads), lambda tid: facts.program(pids[tid]), programs
            )
    return {name: spreads for name, spreads in known.items() if spreads}


def _keyed(spreads: Spreads) -> dict[int, Distribution]:
    """Return ``spreads``, whose keys are single numbers, by that number."""
    return {key: spread for (key,), spread in spreads.by_key.items()}
