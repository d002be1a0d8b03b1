"""The busiest fds of a recording: calls, waits, events, callbacks and bytes of each."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analysis.fds.names import FdNames, fds_at
from analysis.fds.table import FILE
from analysis.findings.selecting import WAITS
from analysis.trace.coverage import why_missing
from analysis.trace.missing import FAMILY_NAMES
from analysis.windows.recording import WINDOW, Recording
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.records import StepKind

COUNTS: Final = ("calls", "waits", "events", "again", "bytes", "callbacks")
"""What is counted: calls about the fd, waits on an epoll instance and their events, calls that
found nothing (EAGAIN), bytes read and written, callbacks on its entries.
"""
STEPS: Final = 4
"""A window may have so many times as many steps as calls."""
_IS: Final = {
    "wait": np.isin(np.array(FAMILY_NAMES), WAITS),
    "transfer": np.isin(np.array(FAMILY_NAMES), ("read", "write", "splice")),
}


@dataclass(frozen=True)
class HotFds:
    """``rows``: pid, fd, name (None: not known), families and COUNTS, most calls first.

    ``more`` further fds had ``more_calls`` calls; ``all_calls`` were about any fd. ``no_callbacks``
    says why callbacks are missing (NA); None: they are not.
    """

    rows: pd.DataFrame
    more: int
    more_calls: int
    all_calls: int
    no_callbacks: str | None


def hot_fds(recording: Recording, names: FdNames, most: int) -> HotFds:
    """Return the ``most`` fds with most calls; an fd that had several files has a row for each."""
    reason = no_callbacks(recording)
    if reason is None:
        windows = recording.windows(WINDOW, STEPS * WINDOW)
    else:
        windows = recording.windows_of("calls", WINDOW)
    parts = [_counted(window, names) for window in windows]
    empty = _counted(recording.no_window, names)
    counts = pd.concat([empty, *parts]).groupby([*FILE, "family"], sort=False, as_index=False)
    by_family = counts.agg({"name": "first", **dict.fromkeys(COUNTS, "sum")})
    order = by_family.sort_values("calls", ascending=False, kind="stable")
    groups = order.groupby(FILE, sort=False)
    rows = groups.agg({"name": "first", "family": _families, **dict.fromkeys(COUNTS, "sum")})
    rows = rows.sort_values(["calls", "callbacks"], ascending=False, kind="stable").reset_index()
    rows = rows.rename(columns={"family": "families"})
    if reason is not None:
        rows["callbacks"] = pd.NA
    rest = rows["calls"].iloc[most:]
    return HotFds(
        rows.head(most).drop(columns="text"),
        len(rest),
        int(rest.sum()),
        int(rows["calls"].sum()),
        reason,
    )


def no_callbacks(recording: Recording) -> str | None:
    """Return why the callbacks of fds cannot be counted; None if they can."""
    manifest = recording.manifest
    if manifest.detail != "steps":
        return message("recorded without --detail steps")
    lost = manifest.until_now.losses
    if lost is None or lost.get("steps") or lost.get("entries"):
        return message("steps were lost")
    if why_missing(manifest.plan, "callbacks") is not None:
        return message("hooks are not attached")
    return None


def _counted(window: Window, names: FdNames) -> pd.DataFrame:
    """Return the COUNTS of ``window`` by FILE and family; ``name`` is that of the first call."""
    rows = pd.concat([_calls(window), _callbacks(window)], ignore_index=True)
    named = names.names(rows)
    rows = rows.assign(name=named, text=named.fillna("").astype(str))
    groups = rows.groupby([*FILE, "family"], sort=False, as_index=False)
    return groups.agg({"name": "first", **dict.fromkeys(COUNTS, "sum")})


def _calls(window: Window) -> pd.DataFrame:
    kept = np.flatnonzero(window.of_calls("fd") >= 0)
    family, ret = window.families[kept], window.of_calls("ret")[kept].astype(np.int64)
    if "ret" in window.missing:
        ret = np.where(window.missing["ret"][kept], 0, ret)
    brought = np.maximum(ret, 0)
    return fds_at(window.calls[kept]).assign(
        family=family.astype(np.int64),
        calls=1,
        waits=_IS["wait"][family].astype(np.int64),
        events=np.where(_IS["wait"][family], brought, 0),
        again=(ret == -errno.EAGAIN).astype(np.int64),
        bytes=np.where(_IS["transfer"][family], brought, 0),
        callbacks=0,
    )


def _callbacks(window: Window) -> pd.DataFrame:
    """Return the callbacks in ``window`` on an fd of a known process."""
    steps = window.steps
    kept = steps[
        (steps["kind"] == StepKind.CALLBACK) & (steps["fd"] >= 0) & (steps["owner_pid"] > 0)
    ]
    rows = {"pid": kept["owner_pid"], "fd": kept["fd"], "at_ns": kept["ts_ns"]}
    frame = pd.DataFrame({name: values.astype(np.int64) for name, values in rows.items()})
    zeros = dict.fromkeys(COUNTS, 0) | {"callbacks": 1}
    return frame.assign(family=NO_CALL, **zeros)


NO_CALL: Final = -1
MOST_FAMILIES: Final = 3


def _families(codes: pd.Series[int]) -> str:
    named = [FAMILY_NAMES[code] for code in codes if code != NO_CALL]
    return ", ".join(dict.fromkeys(named[:MOST_FAMILIES]))
