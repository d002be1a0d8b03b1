"""The way of one event: what the kernel did for one call, step by step, waiter and waker.

A trace of detail steps is needed. The story is the call's own steps and, while it lasted, what
others did to its entries and its sleep, with the system calls they were in.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.frames import Trace
from analysis.wording import group_words
from tracer.errors import TraceError, UsageError
from tracer.records import StepKind

WAITING = ("epoll_wait", "poll", "select", "read")


@dataclass(frozen=True)
class Line:
    """One line of a story: when (ns after the call began), who, the kernel's name, our words."""

    after_ns: int
    who: str
    kernel: str
    words: str


def story(
    trace: Trace, phase: int | None = None, call: tuple[int, int] | None = None
) -> list[Line]:
    """Return the way of one call, in time order.

    Args:
        trace: recorded with detail steps.
        phase: choose a call of this phase; any by default.
        call: (tid, seq) of the call itself.

    Raises:
        TraceError: the trace has no steps, or no call to tell of.
        UsageError: there is no such call.
    """
    if trace.manifest.detail != "steps":
        raise TraceError(f"{trace.path}: recorded at detail calls; record with --detail steps")
    told = _asked(trace, *call) if call else _chosen(trace, phase)
    (row,) = told.to_dict("records")
    tid, began = int(row["tid"]), int(row["enter_ns"])
    within = trace.steps["ts_ns"].between(began, row["exit_ns"])
    own = (trace.steps["tid"] == tid) & (trace.steps["seq"] == row["seq"])
    done_to_it = (trace.steps["tid"] != tid) & (trace.steps["owner_tid"] == tid)
    steps = _with_symbols(trace, trace.steps[within & (own | done_to_it)])
    others = steps.loc[(steps["tid"] != tid) & (steps["seq"] > 0), ["tid", "seq"]]
    calls = trace.calls.merge(others.drop_duplicates(), on=["tid", "seq"])
    lines = [*_call_lines(told, tid), *_call_lines(calls, tid)]
    lines += [_line(group, tid) for group in _groups(steps)]
    return sorted(
        (Line(line.after_ns - began, line.who, line.kernel, line.words) for line in lines),
        key=lambda line: line.after_ns,
    )


def _asked(trace: Trace, tid: int, seq: int) -> pd.DataFrame:
    calls = trace.calls
    found = calls[(calls["tid"] == tid) & (calls["seq"] == seq) & ~calls["unfinished"]]
    if found.empty:
        raise UsageError(f"{trace.path} has no finished call number {seq} of task {tid}")
    return found.head(1)


def _chosen(trace: Trace, phase: int | None) -> pd.DataFrame:
    """Return the first waiting call that slept and was woken; else one that looked at fds."""
    calls = trace.calls[trace.calls["family"].isin(WAITING) & ~trace.calls["unfinished"]]
    calls = calls[calls["phase"] == phase] if phase else calls[calls["phase"] > 0]
    if calls.empty:
        where = f"phase {phase}" if phase else "any phase"
        raise TraceError(f"{trace.path}: no finished {', '.join(WAITING)} in {where}")
    counts = calls[["notified", "fd_polls"]].fillna(0)
    best = (counts["notified"] > 0).astype(int) * 2 + (counts["fd_polls"] > 0).astype(int)
    return calls.loc[[best.idxmax()]]


def _who(tid: int, waiter: int) -> str:
    return f"waiter {tid}" if tid == waiter else f"waker {tid}"


def _call_lines(calls: pd.DataFrame, waiter: int) -> list[Line]:
    lines = []
    for call in calls.to_dict("records"):
        who, name = _who(call["tid"], waiter), str(call["name"])
        about = f" on fd {call['fd']}" if call["fd"] >= 0 else ""
        lines.append(Line(call["enter_ns"], who, name, f"calls {name}{about}"))
        if not call["unfinished"]:
            lines.append(Line(call["exit_ns"], who, name, f"returns {call['ret']} from {name}"))
    return lines


def _with_symbols(trace: Trace, steps: pd.DataFrame) -> pd.DataFrame:
    """Return ``steps`` with ``symbol``, where the hook sat, and ``inlined``, what it stood for."""
    rows = {row.hook: row for row in trace.manifest.plan}
    hooks = steps["hook_name"]
    symbols = {hook: row.attached.partition(":")[2] for hook, row in rows.items() if row.attached}
    stood_for = {hook: row.stands_for for hook, row in rows.items() if row.stands_for}
    return steps.assign(symbol=hooks.map(symbols).fillna(hooks), inlined=hooks.map(stood_for))


def _groups(steps: pd.DataFrame) -> list[pd.DataFrame]:
    """Return runs of like steps: a pass over the fds is one look and one hanging of entries."""
    if steps.empty:
        return []
    ordered = steps.sort_values("ts_ns", kind="stable")
    of_a_pass = ordered["kind"].isin((StepKind.FD_POLL, StepKind.INSERTION))
    place = ordered["symbol"].where(~of_a_pass, "pass")
    run = (place.ne(place.shift()) | ordered["tid"].ne(ordered["tid"].shift())).cumsum()
    return [group for _, group in ordered.groupby([run, "kind", "symbol"], sort=False)]


def _line(group: pd.DataFrame, waiter: int) -> Line:
    first = group.iloc[0]
    inlined = list(dict.fromkeys(group["inlined"].dropna()))
    if inlined:
        words = f"enters the function that has {', '.join(inlined)} inlined"
    else:
        words = group_words(group)
    many = f" x{len(group)}" if len(group) > 1 and not inlined else ""
    who = _who(int(first["tid"]), waiter)
    return Line(int(first["ts_ns"]), who, f"{first['symbol']}{many}", words)
