"""What loops do, by program, thread, epoll instance, fd or phase: waits, events, failures, time."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from analysis.fds.names import FdNames, fd_names_of
from analysis.fds.streams import MAYBE, NO, YES, Streams, streams_of
from analysis.findings.examine import facts_of
from analysis.findings.parts import Parts, Spreads, Sums
from analysis.findings.selecting import TRANSFERS, UNKNOWN, WAITS, are_of, calls
from analysis.recorded import phase_names
from analysis.trace.coverage import why_missing
from analysis.windows.distribution import Distribution
from analysis.windows.recording import Recorded, Recording
from analysis.windows.window import Window, phases_at
from tracer.shared.syscalls import EPOLL_CTL_ADD as ADD
from tracer.shared.syscalls import EPOLL_CTL_DEL as DEL
from tracer.shared.syscalls import EPOLL_CTL_MOD as MOD

BY: Final[Mapping[str, Sequence[str]]] = {
    "program": ("program",),
    "thread": ("program", "tid"),
    "epoll": ("program", "pid", "fd", "name"),
    "fd": ("program", "pid", "fd", "name"),
    "phase": ("number", "phase"),
}
"""What rows can be grouped by, and the columns that name a row."""
KEYS: Final[Mapping[str, Sequence[str]]] = {
    "program": ("pid",),
    "thread": ("pid", "tid"),
    "epoll": ("pid", "fd"),
    "fd": ("pid", "fd", "code"),
    "phase": ("number",),
}
"""The keys that calls are then counted by; ``code`` is that of the fd's name
(analysis.fds.names)."""
FAMILIES: Final[Mapping[str, Sequence[str] | None]] = {
    "program": None,
    "thread": None,
    "epoll": ("epoll_wait", "epoll_ctl"),
    "fd": TRANSFERS,
    "phase": None,
}
"""Which families of calls are counted then; None: all."""
COUNTS: Final = (
    "calls", "waits", "events", "empty", "timeout_0", "slept", "vain", "add", "del", "mod",
    "eagain", "requests", "bytes", "kernel_ns",
)  # fmt: skip
NEEDS: Final = {"slept": "sleeps", "vain": "wakeups", "kernel_ns": "off_cpu_ns"}
"""The column of the calls that a count needs."""
RATIOS: Final = {
    "events_per_wait": ("events", "waits"),
    "kernel_ns_per_event": ("kernel_ns", "events"),
    "kernel_ns_per_request": ("kernel_ns", "requests"),
}
QUANTILES: Final = {"kernel_ns_p50": 0.5, "kernel_ns_p99": 0.99, "kernel_ns_max": 1.0}
HISTOGRAM: Final = "kernel_ns_log2"
UNKNOWN_READS: Final = "unknown"
"""Reads with data that may or may not be requests (analysis.looptime.served)."""
LAST_NS: Final = (1 << 63) - 1
CTL: Final = {"add": ADD, "del": DEL, "mod": MOD}


def gather(window: Window, by: str, fd_names: FdNames, streams: Streams) -> Parts:
    """Return the counts of ``window`` by KEYS, and the distribution of kernel time per call.

    ``fd_names`` and ``streams`` are those of its recording.
    """
    families = FAMILIES[by]
    rows = calls(
        window,
        families,
        ("pid", "tid", "fd", "op", "ret", "family", "timeout_ns", "wall_ns", "enter_ns"),
        optional=("off_cpu_ns", "sleeps", "wakeups"),
    )
    if families is not None:
        rows = rows[rows["fd"] >= 0]
    keys = list(KEYS[by])
    wait, ctl = are_of(rows, *WAITS), are_of(rows, "epoll_ctl")
    transfer = are_of(rows, "read", "write", "splice")
    known = rows["off_cpu_ns"] != UNKNOWN
    if by == "phase":
        rows = rows.assign(number=phases_at(rows["enter_ns"], window.marks))
    at = pd.DataFrame({"pid": rows["pid"], "fd": rows["fd"], "at_ns": rows["enter_ns"]})
    if by == "fd":
        rows = rows.assign(code=fd_names.codes(at).to_numpy())
    gave = are_of(rows, "read") & (rows["ret"] > 0)
    stream = np.where(gave, streams.at(*(at[name].to_numpy() for name in at)), NO)
    got = np.maximum(rows["ret"], 0)
    counted = rows.assign(
        calls=1,
        waits=wait,
        events=np.where(wait, got, 0),
        empty=wait & (rows["ret"] == 0),
        timeout_0=wait & (rows["timeout_ns"] == 0),
        slept=wait & (rows["sleeps"] > 0),
        vain=np.where(wait, np.maximum(rows["wakeups"] - 1, 0), 0),
        **{name: ctl & (rows["op"] == op) for name, op in CTL.items()},
        eagain=rows["ret"] == -errno.EAGAIN,
        requests=stream == YES,
        unknown=stream == MAYBE,
        bytes=np.where(transfer, got, 0),
        kernel_ns=np.where(known, rows["wall_ns"] - rows["off_cpu_ns"], 0),
    )
    times = counted[known].assign(kernel_ns=np.maximum(counted["kernel_ns"][known], 0))
    return Parts(
        {
            "counts": Sums.of(counted, keys, (*COUNTS, UNKNOWN_READS)),
            "times": Spreads.of(times, keys, "kernel_ns"),
        }
    )


def loops(trace: Recorded, by: str) -> pd.DataFrame:
    """Return a row for each of ``by`` (BY): phases in order, all else by kernel time, most first.

    Columns: those that name it (for fds ``name``, "" if not known: a number used for several files
    has a row for each); COUNTS, Int64, NA if no hook counts them, and for requests if it is not
    known whether some reads are (analysis.looptime.served); events_per_wait, kernel_ns_per_event
    and kernel_ns_per_request, Float64, NA if there are none; QUANTILES of the time of one call in
    the kernel, Float64, NA if not known; HISTOGRAM, by n how many calls took from 2^n to less than
    2^(n+1) ns (below 2 ns: n is 0).
    """
    recording = trace.recording
    fd_names, streams = fd_names_of(recording), streams_of(recording)
    found: Parts | None = None
    for window in recording.windows():
        part = gather(window, by, fd_names, streams)
        found = part if found is None else found.combine(part)
    if found is None:
        return pd.DataFrame(columns=[*BY[by], *COUNTS, *QUANTILES, HISTOGRAM])
    names = list(BY[by])
    keys = list(KEYS[by])
    rows = _named(found.sums("counts").frame.reset_index(), recording, by, fd_names)
    columns = [*COUNTS, UNKNOWN_READS]
    sums = rows.groupby(names)[columns].sum().astype("Int64").reset_index()
    sums["requests"] = sums["requests"].mask(sums[UNKNOWN_READS] > 0)
    sums = sums.drop(columns=UNKNOWN_READS)
    for column, need in NEEDS.items():
        if why_missing(recording.manifest.plan, need):
            sums[column] = pd.NA
    spreads: dict[tuple[object, ...], Distribution] = {}
    of_keys = found.spreads("times").by_key
    for row in rows[[*dict.fromkeys([*keys, *names])]].to_dict("records"):
        spread = of_keys.get(tuple(int(row[key]) for key in keys))
        if spread is not None:
            name = tuple(row[each] for each in names)
            spreads[name] = spreads[name].combine(spread) if name in spreads else spread
    mine = [spreads.get(tuple(row)) for row in sums[names].itertuples(index=False)]
    for column, share in QUANTILES.items():
        numbers = [each.quantile(share) if each else pd.NA for each in mine]
        sums[column] = pd.array(numbers, dtype="Float64")
    sums[HISTOGRAM] = pd.Series([each.powers if each else {} for each in mine], dtype=object)
    for ratio, (whole, per) in RATIOS.items():
        many = sums[per].astype("Int64")
        sums[ratio] = (sums[whole].astype("Int64") / many.mask(many == 0)).astype("Float64")
    if by != "phase":
        sums = sums.sort_values(["kernel_ns", "calls"], ascending=False, kind="stable")
    return sums.reset_index(drop=True)


def _named(rows: pd.DataFrame, recording: Recording, by: str, fd_names: FdNames) -> pd.DataFrame:
    """Return ``rows`` with the names of their processes and fds, or of their phases."""
    if "number" in rows:
        phases = phase_names(recording)
        return rows.assign(phase=[phases.get(number, "?") for number in rows["number"].tolist()])
    facts = facts_of(recording)
    if by == "fd":
        pairs = zip(rows["pid"].tolist(), rows["code"].tolist(), strict=True)
        rows = rows.assign(name=[fd_names.text(pid, code) or "" for pid, code in pairs])
    elif by == "epoll":  # the set of watched fds in its name changes, the instance does not
        named = fd_names.names(rows[["pid", "fd"]].assign(at_ns=LAST_NS))
        rows = rows.assign(name=[name or "" for name in named.tolist()])
    return rows.assign(program=[facts.program(pid) for pid in rows["pid"].tolist()])
