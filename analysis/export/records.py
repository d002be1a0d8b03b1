"""Calls and steps as they go into files: what is not known or not there is null, never a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from analysis.export.columns import CALLS, STEPS, Column
from analysis.export.text import storable
from analysis.frames import Trace
from tracer.shared.records import TIMEOUT_INVALID, TIMEOUT_NONE, TIMEOUT_UNREAD, StepKind

NO_FD: Final = -1
UNKNOWN: Final = "?"
"""What the frames say where a name is not known."""

HAVE_NR: Final = (
    "select", "poll", "epoll_wait", "read", "write", "splice", "io_submit", "io_getevents",
    "io_uring_setup", "io_uring_enter",
)  # fmt: skip
HAVE_OP: Final = ("epoll_ctl", "fcntl", "io_uring_enter")
"""Families whose calls have these columns; the others' are 0 in the record."""

WITHOUT_VALUE: Final = (StepKind.SWITCH_IN, StepKind.WAKEUP)
MASK_UNSEEN: Final = -1
"""The value of a look whose result a kprobe did not see."""

KIND_NAMES: Final = {int(kind): kind.name.lower() for kind in StepKind}

NULLABLE: Final = {"int64": "Int64", "uint64": "UInt64", "bool": "boolean", "string": "string"}
"""The pandas types that have nulls, by the type of a column."""


def exported_calls(trace: Trace) -> pd.DataFrame:
    """Return the calls with the columns CALLS, in order of return."""
    frame = trace.calls
    family = frame["family"]
    known = {
        "timeout_ns": ~frame["timeout_ns"].isin([TIMEOUT_NONE, TIMEOUT_UNREAD, TIMEOUT_INVALID]),
        "fd": frame["fd"] != NO_FD,
        "target": frame["target"] != NO_FD,
        "nr": family.isin(HAVE_NR),
        "op": family.isin(HAVE_OP),
        "name": frame["name"] != UNKNOWN,
        "family": family != UNKNOWN,
    }
    named = frame.assign(
        phase_name=frame["phase"].map(_phase_names(trace)),
        fd_name=_fd_names(trace, frame["pid"], frame["fd"], frame["enter_ns"]),
        target_name=_fd_names(trace, frame["pid"], frame["target"], frame["enter_ns"]),
    )
    return _shaped(named, CALLS, known)


def exported_steps(trace: Trace) -> pd.DataFrame:
    """Return the steps with the columns STEPS, in ring order."""
    frame = trace.steps
    kind = frame["kind"]
    mask_unseen = (kind == StepKind.FD_POLL) & (frame["value"] == MASK_UNSEEN)
    known = {
        "entry": frame["entry"] != 0,
        "object": (frame["object"] != 0) | (kind == StepKind.ITEM),
        "owner_pid": frame["owner_pid"] != 0,
        "owner_tid": frame["owner_tid"] != 0,
        "fd": frame["fd"] != NO_FD,
        "value": ~mask_unseen & ~kind.isin(WITHOUT_VALUE),
        "hook": frame["hook"] != 0,
        "hook_name": frame["hook_name"] != UNKNOWN,
    }
    whose = frame["owner_pid"].where(frame["owner_pid"] > 0, frame["pid"])
    hooks = {name: storable(name) for name in frame["hook_name"].unique()}
    named = frame.assign(
        hook_name=frame["hook_name"].map(hooks),
        kind_name=kind.map(KIND_NAMES),
        phase_name=frame["phase"].map(_phase_names(trace)),
        fd_name=_fd_names(trace, whose, frame["fd"], frame["ts_ns"]),
    )
    return _shaped(named, STEPS, known)


def _shaped(
    frame: pd.DataFrame, columns: tuple[Column, ...], known: Mapping[str, pd.Series[bool]]
) -> pd.DataFrame:
    """Return ``columns`` of ``frame`` in types that have nulls, null where not ``known``.

    ``known`` has, by column, the rows in which its value is one.
    """
    types = {column.name: NULLABLE[column.type] for column in columns}
    shaped = frame[list(types)].astype(types)
    for name, rows in known.items():
        shaped.loc[~rows, name] = pd.NA
    return shaped


def _fd_names(
    trace: Trace, pids: pd.Series[int], fds: pd.Series[int], at_ns: pd.Series[int]
) -> pd.Series[Any]:
    """Return the English names of ``fds``: files of other programs speak no language."""
    names = trace.fds.names(pd.DataFrame({"pid": pids, "fd": fds, "at_ns": at_ns}))
    texts = {name: storable(name) for name in names.dropna().unique()}
    return names.map(texts)


def _phase_names(trace: Trace) -> dict[int, str]:
    phases = trace.truth.phases if trace.truth else ()
    return {each.number: storable(each.name) for each in phases}
