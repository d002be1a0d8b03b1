"""The tasks of a trace: their ids, their names, when they were traced.

Source: ``tasks.bpf.h``, which writes one record per event in a task's life. A trace from before
such records existed has none, and a killed recorder leaves lives without an end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.arrays import IntegerArray

from analysis.trace.spools import Records
from analysis.windows.window import Window
from tracer.shared.records import Life

COLUMNS: Final = (
    "tid", "pid", "comm", "parent_tid", "own_tid", "own_ns", "cgroup", "start_ns", "end_ns", "lost",
)  # fmt: skip


@dataclass(frozen=True)
class _Task:
    tid: int
    pid: int
    comm: str
    parent_tid: int
    own_tid: int
    own_ns: int
    cgroup: int
    start_ns: int
    end_ns: int | None
    lost: bool


def tasks_frame(records: Records) -> pd.DataFrame:
    """Return one row per traced task, in order of joining.

    A reused tid has a row for each of its tasks. tid, pid, start_ns as int64; comm, its last name,
    as str; parent_tid, own_tid (its number in its own pid namespace), own_ns and cgroup (inode
    numbers) as Int64, NA where not known; end_ns (Int64) is NA if it was alive at the end; lost is
    True if it should have been traced but was not.
    """
    lives = sorted(_lives(records), key=lambda task: task.start_ns)
    columns: dict[str, list[Any]] = {
        name: [getattr(task, name) for task in lives] for name in COLUMNS
    }
    return pd.DataFrame({name: _column(name, values) for name, values in columns.items()})


def _column(name: str, values: list[Any]) -> npt.NDArray[Any] | IntegerArray:
    """Return a column of the frame; 0 or None in an Int64 column means not known."""
    if name in ("comm", "lost"):
        return np.array(values, object if name == "comm" else bool)
    numbers = np.array([value or 0 for value in values], np.int64)
    return numbers if name in ("tid", "pid", "start_ns") else IntegerArray(numbers, numbers == 0)


def _lives(records: Records) -> Iterator[_Task]:
    alive: dict[int, _Task] = {}
    for record in records[list(records.dtype.names or ())].tolist():
        fields = dict(zip(records.dtype.names or (), record, strict=True))
        tid, kind = fields["tid"], fields["kind"]
        if kind == Life.EXECED and fields["parent_tid"] in alive:
            before = alive.pop(fields["parent_tid"])
            if tid in alive:  # its leader, whose tid it takes over
                yield alive.pop(tid)
            alive[tid] = _renamed(replace(before, tid=tid), fields)
        elif kind == Life.RENAMED and tid in alive:
            alive[tid] = _renamed(alive[tid], fields)
        elif kind == Life.ENDED and tid in alive:
            yield replace(alive.pop(tid), end_ns=fields["ts_ns"])
        elif kind == Life.LOST:
            yield _begun(fields)
        elif kind in (Life.JOINED, Life.FORKED):
            if tid in alive:
                yield alive.pop(tid)
            alive[tid] = _begun(fields)
    yield from alive.values()


def _begun(fields: dict[str, Any]) -> _Task:
    return _Task(
        tid=fields["tid"],
        pid=fields["pid"],
        comm=_name(fields["comm"]),
        parent_tid=fields["parent_tid"],
        own_tid=fields["own_tid"],
        own_ns=fields["own_ns"],
        cgroup=fields["cgroup"],
        start_ns=fields["ts_ns"],
        end_ns=None,
        lost=fields["kind"] == Life.LOST,
    )


def _renamed(task: _Task, fields: dict[str, Any]) -> _Task:
    return replace(task, comm=_name(fields["comm"]))


def _name(comm: bytes) -> str:
    return comm.partition(b"\0")[0].decode(errors="replace")


def names(tasks: pd.DataFrame) -> dict[int, str]:
    """Return the name of each tid; for a reused one the last."""
    return {int(tid): str(comm) for tid, comm in zip(tasks["tid"], tasks["comm"], strict=True)}


def programs(tasks: pd.DataFrame) -> dict[int, str]:
    """Return the name of each process: its leader's last, its first thread's if it has none."""
    kept = tasks[~tasks["lost"]]
    first: dict[int, str] = {}
    leaders: dict[int, str] = {}
    for pid, tid, comm in zip(
        *(kept[name].tolist() for name in ("pid", "tid", "comm")), strict=True
    ):
        first.setdefault(pid, comm)
        if tid == pid:
            leaders[pid] = comm
    return first | leaders


def parents(tasks: pd.DataFrame) -> dict[int, int]:
    """Return the parent process by pid; for a reused pid the last."""
    pid_of = {int(tid): int(pid) for tid, pid in zip(tasks["tid"], tasks["pid"], strict=True)}
    leaders = tasks[(tasks["tid"] == tasks["pid"]) & tasks["parent_tid"].notna()]
    pairs = zip(leaders["pid"].tolist(), leaders["parent_tid"].tolist(), strict=True)
    return {pid: pid_of[parent] for pid, parent in pairs if parent in pid_of}


@dataclass(frozen=True, eq=False)
class CallsOfProcesses:
    """How many calls each process made, by pid."""

    by_pid: Mapping[int, int]

    def combine(self, later: Self, /) -> Self:
        """Return the calls of both stretches."""
        both = Counter(self.by_pid)
        both.update(later.by_pid)
        return type(self)(both)


def gather_processes(window: Window) -> CallsOfProcesses:
    """Return how many calls of ``window`` each process made."""
    groups = window.grouped("pid")
    pids, counts = groups.keys[:, 0], groups.lengths
    return CallsOfProcesses(dict(zip(pids.tolist(), counts.tolist(), strict=True)))


def processes(tasks: pd.DataFrame, calls_of: Mapping[int, int]) -> pd.DataFrame:
    """Return one row per process, most calls first: pid, comm, own_pid, threads, calls.

    ``calls_of`` has the number of calls by pid.
    """
    kept = tasks[~tasks["lost"]]
    leaders = kept[kept["tid"] == kept["pid"]].drop_duplicates("pid", keep="last").set_index("pid")
    named = kept.drop_duplicates("pid", keep="first").set_index("pid")
    rows = pd.DataFrame(
        {
            "comm": leaders["comm"].reindex(named.index).fillna(named["comm"]),
            "own_pid": leaders["own_tid"].reindex(named.index),
            "threads": kept.groupby("pid")["tid"].nunique().reindex(named.index),
            "calls": [calls_of.get(int(pid), 0) for pid in named.index],
        }
    )
    return rows.sort_values("calls", ascending=False, kind="stable").reset_index()
