"""The rows from which a timeline is made: the waiter's calls, and the tasks that touched them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from analysis.frames import Trace
from analysis.trace.instances import between, states_of
from tracer.shared.records import StepKind

BY: Final = ["tid", "seq"]
HAPPENED: Final = frozenset(StepKind) - {StepKind.ITEM, StepKind.INSTANCE}
"""Kinds that moments are made of. Not included: what was read from the kernel's structs, and
unknown kinds, which raise a doubt (analysis.checks.continuity) and have no words.
"""
LIFE: Final = ["entry", "object", "fd", "pid", "tid", "seq"]


@dataclass(frozen=True, eq=False)
class Scene:
    """What a timeline shows.

    ``calls``: the waiter's calls, in order; ``others``: calls of other tasks that did something to
    it meanwhile. ``steps``: those of all these calls, and what was done to it outside of any call;
    in order of time, callbacks and removals with the fd of their entry, each with the kernel's
    ``symbol``, and ``inlined`` if that is an enclosing function. ``lives``: all entries queued
    until then (see ``_lives``). Names of fds are in ``fd_name``, ``target_name``. ``states``:
    INSTANCE steps meanwhile, in order of time, the states of epoll instances; none if their structs
    could not be read.
    """

    tid: int
    began_ns: int
    ended_ns: int
    calls: pd.DataFrame
    others: pd.DataFrame
    steps: pd.DataFrame
    lives: pd.DataFrame
    states: pd.DataFrame


def scene_of(trace: Trace, calls: pd.DataFrame) -> Scene:
    """Return the scene of ``calls``: rows of finished calls of one task, in order of time."""
    tid = int(calls["tid"].iloc[0])
    began, ended = int(calls["enter_ns"].min()), int(calls["exit_ns"].max())
    told_of = trace.steps["kind"].isin(HAPPENED)
    steps = trace.steps[told_of].sort_values("ts_ns", kind="stable")
    lives = _lives(steps[steps["ts_ns"] <= ended])
    lives = lives.assign(fd_name=_names(trace, lives, lives["pid"], "fd", "queued_ns"))
    within = steps[steps["ts_ns"].between(began, ended) & (steps["kind"] != StepKind.PHASE)]
    own = (within["tid"] == tid) & within["seq"].isin(calls["seq"])
    interrupts = (within["seq"] == 0) & within["kind"].isin((StepKind.CALLBACK, StepKind.WAKEUP))
    to_it = within[((within["tid"] != tid) | interrupts) & (within["owner_tid"] == tid)]
    theirs = to_it.loc[to_it["seq"] > 0, BY].drop_duplicates()
    whole = pd.MultiIndex.from_frame(steps[BY]).isin(pd.MultiIndex.from_frame(theirs))
    rows = pd.concat([within[own], to_it, steps[whole]])
    rows = rows[~rows.index.duplicated()].sort_values("ts_ns", kind="stable")
    rows = _with_entry_fds(rows, lives)
    whose = rows["owner_pid"].where(rows["owner_pid"] > 0, rows["pid"])
    return Scene(
        tid=tid,
        began_ns=began,
        ended_ns=ended,
        calls=_with_names(trace, calls),
        others=_with_names(trace, trace.calls.merge(theirs, on=BY)),
        steps=_with_symbols(trace, rows.assign(fd_name=_names(trace, rows, whose, "fd", "ts_ns"))),
        lives=lives,
        states=between(states_of(trace.steps), began, ended),
    )


def _names(
    trace: Trace, rows: pd.DataFrame, whose: pd.Series[int], fd: str, at: str
) -> pd.Series[Any]:
    """Return what is behind the fds in column ``fd`` of processes ``whose``, at times ``at``."""
    return trace.fds.names(pd.DataFrame({"pid": whose, "fd": rows[fd], "at_ns": rows[at]}))


def _with_names(trace: Trace, calls: pd.DataFrame) -> pd.DataFrame:
    """Return ``calls`` with ``fd_name`` and ``target_name``."""
    names = {
        f"{fd}_name": _names(trace, calls, calls["pid"], fd, "enter_ns") for fd in ("fd", "target")
    }
    return calls.assign(**names)


def _lives(steps: pd.DataFrame) -> pd.DataFrame:
    """Return a row per entry queued in ``steps``, which are in order of time.

    ``queued`` and ``dropped`` are places in the index of the steps (dropped NA: still queued);
    further columns are entry, object (the queue), fd, tid, seq, queued_ns, removed_ns of the
    insertion and the removal. Addresses are reused: a second insertion begins another life.
    """
    kinds = (StepKind.INSERTION, StepKind.REMOVAL)
    open_at: dict[int, int] = {}
    rows: list[dict[str, object]] = []
    chosen = steps.loc[steps["kind"].isin(kinds), [*LIFE, "kind", "ts_ns"]]
    for place, step in zip(chosen.index, chosen.to_dict("records"), strict=True):
        entry = int(step["entry"])
        if step["kind"] == StepKind.INSERTION:
            open_at[entry] = len(rows)
            own = {"queued": place, "queued_ns": step["ts_ns"]}
            rows.append(own | {name: step[name] for name in LIFE})
        elif entry in open_at:
            rows[open_at.pop(entry)] |= {"dropped": place, "removed_ns": step["ts_ns"]}
    names = [*LIFE, "queued", "queued_ns", "dropped", "removed_ns"]
    return pd.DataFrame(rows, columns=names).astype({"dropped": "Int64", "removed_ns": "Int64"})


def _with_entry_fds(steps: pd.DataFrame, lives: pd.DataFrame) -> pd.DataFrame:
    """Return ``steps`` with the fd of the entry that a callback or removal is about."""
    fds = steps["fd"].copy()
    about = steps["kind"].isin((StepKind.CALLBACK, StepKind.REMOVAL)) & (fds < 0)
    for place in steps.index[about]:
        before = lives[
            (lives["entry"] == steps.at[place, "entry"])
            & (lives["queued_ns"] <= steps.at[place, "ts_ns"])
        ]
        if len(before):
            fds[place] = before["fd"].iloc[-1]
    return steps.assign(fd=fds)


def _with_symbols(trace: Trace, steps: pd.DataFrame) -> pd.DataFrame:
    """Return ``steps`` with ``symbol``, where the hook was, and ``inlined``, what it stands for."""
    rows = {row.hook: row for row in trace.manifest.plan}
    hooks = steps["hook_name"]
    symbols = {hook: row.attached.partition(":")[2] for hook, row in rows.items() if row.attached}
    stood_for = {hook: row.stands_for for hook, row in rows.items() if row.stands_for}
    return steps.assign(symbol=hooks.map(symbols).fillna(hooks), inlined=hooks.map(stood_for))


def polls_after(scene: Scene, step: pd.Series[int]) -> pd.DataFrame:
    """Return the waiter's polls of fds after ``step`` in its first wait that ended after it.

    What a callback put on an epoll instance's ready list is polled by that wait.
    """
    waits = scene.calls[(scene.calls["family"] == "epoll_wait")]
    waits = waits[waits["exit_ns"] >= step["ts_ns"]].head(1)
    steps = scene.steps
    fd_polls = steps[(steps["kind"] == StepKind.FD_POLL) & (steps["tid"] == scene.tid)]
    after = fd_polls[fd_polls["seq"].isin(waits["seq"]) & (fd_polls["ts_ns"] >= step["ts_ns"])]
    return after[after["fd"].isin((step["fd"], -1))]
