"""Edits of real traces: what another kernel would have recorded for the same program.

An edit gets rows of calls and steps together with what the workload says about their phase: the
columns of ``_of_phases``, ``own`` (made by a waiter of the phase), and for steps ``family`` (of the
call in which they were made) and ``active`` (their fd is made ready). When steps are removed or
added, the counters of their calls follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import Any, Final

import pandas as pd

from analysis.checks.agreement import COLUMNS, COUNTED, PREEMPTIONS, SUMMED
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Outcome
from tracer.shared.records import StepKind

MS: Final = 1_000_000
KWORKER: Final = 4099
"""A kernel thread, which no trace has."""

Edit = Callable[[Trace], Trace]
Where = Callable[[pd.DataFrame], "pd.Series[bool]"]
"""Picks rows."""
CALL: Final = ["tid", "seq"]


@dataclass(frozen=True)
class Kernel:
    """Another kernel: what it does, a claim's verdict there, how its trace differs."""

    does: str
    outcome: Outcome
    edits: tuple[Edit, ...]

    def trace_of(self, real: Trace) -> Trace:
        """Return what ``real`` would have been on it."""
        return reduce(lambda trace, edit: edit(trace), self.edits, real)


Kernels = dict[str, tuple[Kernel, ...]]
"""Kernels by claim id."""


def kernel(does: str, outcome: Outcome, *edits: Edit) -> Kernel:
    """Return the kernel that ``does`` so, on which the verdict is ``outcome``."""
    return Kernel(does, outcome, edits)


def of(*families: str, own: bool = True, **known: Any) -> Where:
    """Pick calls (or steps in calls) of ``families``, by the waiter, of phases with ``known``."""

    def chosen(rows: pd.DataFrame) -> pd.Series[bool]:
        found = rows["family"].isin(families) & (rows["own"] | (not own))
        return found & _has(rows, known)

    return chosen


def step(kind: StepKind, *hooks: str, **known: Any) -> Where:
    """Pick steps of ``kind``, seen by one of ``hooks``, with ``known`` values."""

    def chosen(rows: pd.DataFrame) -> pd.Series[bool]:
        seen = rows["hook_name"].isin(hooks) if hooks else True
        return (rows["kind"] == kind) & seen & _has(rows, known)

    return chosen


def _has(rows: pd.DataFrame, known: dict[str, Any]) -> pd.Series[bool]:
    found = pd.Series(data=True, index=rows.index)
    for name, value in known.items():
        found &= rows[name].isin(value) if isinstance(value, tuple) else rows[name] == value
    return found


def also(where: Where, more: Where) -> Where:
    """Pick the rows that both pick."""
    return lambda rows: (where(rows) & more(rows)).fillna(value=False).astype(bool)


def every_other(where: Where) -> Where:
    """Pick every other row that ``where`` picks, from the second on."""

    def chosen(rows: pd.DataFrame) -> pd.Series[bool]:
        mask = where(rows)
        return mask & (mask.cumsum() % 2 == 0)

    return chosen


def first_of_each(where: Where, *columns: str) -> Where:
    """Pick the first row that ``where`` picks for each value of ``columns``."""

    def chosen(rows: pd.DataFrame) -> pd.Series[bool]:
        mask = where(rows)
        return mask & ~rows[mask].duplicated(list(columns)).reindex(rows.index, fill_value=True)

    return chosen


def later_of_each(where: Where, *columns: str) -> Where:
    """Pick all but the first row that ``where`` picks for each value of ``columns``."""
    first = first_of_each(where, *columns)
    return lambda rows: where(rows) & ~first(rows)


def costing(cost_ns: Callable[[pd.DataFrame], Any]) -> dict[str, Any]:
    """Return the columns of calls that take ``cost_ns`` of the CPU."""
    return {"exit_ns": lambda rows: rows["enter_ns"] + rows["off_cpu_ns"] + cost_ns(rows)}


def calls(where: Where, **columns: Any) -> Edit:
    """Give the calls that ``where`` picks other ``columns``: values, or functions of the rows."""

    def edit(trace: Trace) -> Trace:
        frame = _set(trace.calls, described_calls(trace), where, columns)
        return replace(trace, calls=_timed(frame))

    return edit


def more_calls(where: Where, **columns: Any) -> Edit:
    """Add a copy of each call that ``where`` picks, with other ``columns``."""

    def edit(trace: Trace) -> Trace:
        rows = described_calls(trace)
        copies = trace.calls[_picked(where, rows)]
        seen = rows.loc[copies.index]
        changed = copies.assign(**{name: _value(value, seen) for name, value in columns.items()})
        return replace(trace, calls=_timed(pd.concat([trace.calls, changed], ignore_index=True)))

    return edit


def fewer_calls(where: Where) -> Edit:
    """Leave out the calls that ``where`` picks."""

    def edit(trace: Trace) -> Trace:
        return replace(trace, calls=trace.calls[~_picked(where, described_calls(trace))])

    return edit


def steps(where: Where, **columns: Any) -> Edit:
    """Give the steps that ``where`` picks other ``columns``: values, or functions of the rows."""

    def edit(trace: Trace) -> Trace:
        return _recounted(trace, _set(trace.steps, described_steps(trace), where, columns))

    return edit


def without(where: Where) -> Edit:
    """Leave out the steps that ``where`` picks."""

    def edit(trace: Trace) -> Trace:
        return _recounted(trace, trace.steps[~_picked(where, described_steps(trace))])

    return edit


def more_steps(where: Where, copies: Any = 1, **columns: Any) -> Edit:
    """Add ``copies`` of each step that ``where`` picks, with other ``columns``.

    Functions of the rows get each copied row once per copy, with the column ``copy`` (from 0).
    """

    def edit(trace: Trace) -> Trace:
        rows = described_steps(trace)
        chosen = rows[_picked(where, rows)]
        often = chosen.index.repeat(_value(copies, chosen))
        seen = rows.loc[often].assign(copy=pd.Series(often).groupby(often).cumcount().to_numpy())
        seen = seen.reset_index(drop=True)
        added = trace.steps.loc[often].reset_index(drop=True)
        added = added.assign(**{name: _value(value, seen) for name, value in columns.items()})
        return _recounted(trace, pd.concat([trace.steps, added], ignore_index=True))

    return edit


def reporting(model: str, change: Callable[[PhaseTruth], dict[str, Any]]) -> Edit:
    """Give phases of ``model`` other workload results: those that ``change`` returns."""

    def edit(trace: Trace) -> Trace:
        assert trace.truth is not None
        phases = tuple(
            replace(phase, results={**phase.results, **change(phase)})
            if phase.spec["model"] == model
            else phase
            for phase in trace.truth.phases
        )
        assert phases != trace.truth.phases, f"no results of {model} are changed"
        return replace(trace, truth=replace(trace.truth, phases=phases))

    return edit


def machine(**fields: Any) -> Edit:
    """Give the machine other ``fields``: values, or functions of its memory in KiB."""

    def edit(trace: Trace) -> Trace:
        now = trace.manifest.machine
        other = {
            name: value(now.memory_kib) if callable(value) else value
            for name, value in fields.items()
        }
        return replace(trace, manifest=replace(trace.manifest, machine=replace(now, **other)))

    return edit


def _set(
    frame: pd.DataFrame, rows: pd.DataFrame, where: Where, columns: dict[str, Any]
) -> pd.DataFrame:
    mask = _picked(where, rows)
    changed = frame.copy()
    for name, value in columns.items():
        changed.loc[mask, name] = _value(value, rows[mask])
    return changed


def _picked(where: Where, rows: pd.DataFrame) -> pd.Series[bool]:
    mask = where(rows)
    assert mask.any(), "an edit that changes nothing"
    return mask


def _value(value: Any, rows: pd.DataFrame) -> Any:
    return value(rows) if callable(value) else value


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return calls with times recomputed from the others."""
    wall = frame["exit_ns"] - frame["enter_ns"]
    return frame.assign(wall_ns=wall, kernel_ns=wall - frame["off_cpu_ns"])


def _recounted(trace: Trace, after: pd.DataFrame) -> Trace:
    """Return ``trace`` with the steps ``after``, and the counters of calls adjusted."""
    frame = trace.calls.copy()
    keys = pd.MultiIndex.from_frame(frame[CALL])
    for name in COLUMNS:
        grown = _sums(after, name).sub(_sums(trace.steps, name), fill_value=0)
        moved = grown[grown != 0]
        if len(moved):
            frame[name] += moved.reindex(keys, fill_value=0).to_numpy("int64")
    return replace(trace, calls=frame, steps=after)


def _sums(rows: pd.DataFrame, name: str) -> pd.Series[int]:
    """Return what the steps ``rows`` add to the column ``name`` of their calls, by call."""
    kind = SUMMED.get(name) or COUNTED.get(name) or StepKind.SWITCH_OUT
    chosen = (rows["kind"] == kind) & (rows["seq"] > 0)
    if kind == StepKind.SWITCH_OUT:
        chosen &= (rows["value"] == 1) == (name == PREEMPTIONS)
    grouped = rows[chosen].groupby(CALL)["value"]
    return grouped.sum() if name in SUMMED else grouped.size()


@lru_cache(maxsize=4)
def described_calls(trace: Trace) -> pd.DataFrame:
    """Return the calls with what the workload says about their phases."""
    found = trace.calls.join(_of_phases(trace), on="phase")
    own = [tid in who for tid, who in zip(found["tid"], _who(found), strict=True)]
    return found.assign(own=own)


@lru_cache(maxsize=4)
def described_steps(trace: Trace) -> pd.DataFrame:
    """Return the steps with what the workload says about their phases, and the call's family."""
    found = trace.steps.join(_of_phases(trace), on="phase")
    families = trace.calls.drop_duplicates(CALL, keep="last").set_index(CALL)["family"]
    family = families.reindex(pd.MultiIndex.from_frame(found[CALL])).to_numpy()
    own = [tid in who for tid, who in zip(found["tid"], _who(found), strict=True)]
    fds = found["active_fds"].map(lambda fds: fds if isinstance(fds, tuple) else ())
    active = [fd in there for fd, there in zip(found["fd"], fds, strict=True)]
    return found.assign(family=family, own=own, active=active)


def _who(rows: pd.DataFrame) -> pd.Series[Any]:
    return rows["waiters"].map(lambda tids: tids if isinstance(tids, tuple) else ())


def _of_phases(trace: Trace) -> pd.DataFrame:
    """Return what is known about each phase, by its number: see ``_of_phase``."""
    assert trace.truth is not None
    return pd.DataFrame([_of_phase(phase) for phase in trace.truth.phases]).set_index("number")


def _of_phase(phase: PhaseTruth) -> dict[str, Any]:
    ready = [place for place, fd in enumerate(phase.fds, start=1) if fd in phase.active]
    kept = ("model", "waker", "trigger", "position", "timeout_ms", "fd_kind", "shot", "rearm",
            "drain", "leave", "delay_ms", "rounds", "io", "link")  # fmt: skip
    return {
        "number": phase.number,
        "phase_name": phase.name,
        "n": len(phase.fds),
        "first_ready": min(ready, default=0),
        "actives": len(phase.active),
        "active_fds": phase.active,
        "waiter": phase.tid,
        "waker_tid": phase.waker_pid or 0,
        "waiters": tuple(each.tid for each in phase.waiters) or (phase.tid,),
        **{name: phase.spec[name] for name in kept},
    }
