"""Distributions of waits, the work between them, latencies and events; and which threads wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from analysis.findings.evidence import lost_evidence, not_judged
from analysis.findings.gaps import Gaps
from analysis.findings.parts import Parts, Spreads, Sums
from analysis.findings.rows import Rows
from analysis.findings.rule import Facts
from analysis.findings.rules import late_wakeups
from analysis.findings.rules.held_up import HELD
from analysis.findings.selecting import UNKNOWN, WAITS, are_of, calls
from analysis.trace.missing import FAMILY_NAMES
from analysis.windows.distribution import Distribution
from analysis.windows.partial import Partial
from analysis.windows.recording import WINDOW, Recording
from analysis.windows.totals import merged
from analysis.windows.window import Window
from tracer.shared.message import message

COLUMNS: Final = ("pid", "tid", "family", "enter_ns", "exit_ns")
STEPS: Final = 4
"""A window may have so many times as many steps as calls."""
MOST_PROGRAMS: Final = 4
"""How many programs a picture distinguishes; the others are combined."""
OTHERS: Final = message("other programs")
"""The name for all further programs."""
_WAITS: Final = np.isin(np.array(FAMILY_NAMES), WAITS)


def gather(window: Window, latency: bool = False) -> Parts:
    """Return ``threads`` (calls and waits by pid and tid), and distributions by pid or tid.

    ``wait``: ns of a wait; ``events``: events of a wait; both by pid. ``gaps``: the time between
    two waits of a thread (analysis.findings.gaps). ``woken``: with ``latency`` only, by thread
    (analysis.findings.rules.late_wakeups).
    """
    every = Rows.of({name: window.column(name) for name in ("pid", "tid")})
    every = every.assign(calls=1, waits=_WAITS[window.families])
    rows = calls(window, None, COLUMNS, ("wall_ns", "off_cpu_ns", "ret"))
    wait = are_of(rows, *WAITS)
    waits = rows[wait]
    timed, returned = waits[waits["wall_ns"] != UNKNOWN], waits[waits["ret"] >= 0]
    parts: dict[str, Partial] = {
        "threads": Sums.of(every, ("pid", "tid"), ("calls", "waits")),
        "wait": Spreads.of(timed, ("pid",), "wall_ns"),
        "events": Spreads.of(returned, ("pid",), "ret"),
        "gaps": Gaps.of(rows, wait, HELD.value),
    }
    if latency:
        parts |= late_wakeups.gather(window).by_name
    return Parts(parts)


def spread_of(recording: Recording, gaps: tuple[str, ...] = (), size: int = WINDOW) -> Parts | None:
    """Return the result of ``gather`` for all of ``recording``; None if it has no records."""
    latency = no_latency(recording, gaps) is None
    if latency:
        windows = recording.windows(size, STEPS * size)
    else:
        windows = recording.windows_of("calls", size)
    found: Parts | None = None
    for window in windows:
        part = gather(window, latency)
        found = part if found is None else found.combine(part)
    return found


def no_gaps(recording: Recording, gaps: tuple[str, ...] = ()) -> str | None:
    """Return why the work between waits is not known; None if it is.

    ``gaps`` are records missing between others (analysis.checks.continuity).
    """
    return lost_evidence(recording.manifest, gaps)


def no_latency(recording: Recording, gaps: tuple[str, ...] = ()) -> str | None:
    """Return why latencies are not known; None if they are."""
    lost = no_gaps(recording, gaps)
    return lost or not_judged(late_wakeups.LATE_WAKEUPS, recording.manifest)


def programs_of(threads: Sums, facts: Facts) -> tuple[str, ...]:
    """Return the names of the programs that wait, most waits first, MOST_PROGRAMS of them."""
    waits: Counter[str] = Counter()
    for row in threads.rows("pid"):
        waits[facts.program(row["pid"])] += row["waits"]
    order = sorted(waits, key=lambda name: (-waits[name], name))
    return tuple(name for name in order[:MOST_PROGRAMS] if waits[name])


def by_program(
    spreads: Mapping[int, Distribution], program_of: Callable[[int], str], programs: Sequence[str]
) -> dict[str, Distribution]:
    """Return ``spreads`` by the name of the program of each key, in the order of ``programs``.

    Other programs are combined, as OTHERS.
    """
    found: dict[str, Distribution] = {}
    for key, spread in spreads.items():
        name = program_of(key)
        found = merged(found, {name if name in programs else OTHERS: spread})
    return {name: found[name] for name in (*programs, OTHERS) if name in found}
