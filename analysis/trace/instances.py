"""The state of epoll instances, as read from ``struct eventpoll`` (steps of kind INSTANCE).

Their columns are those of all steps; see ``ListState`` in :mod:`tracer.shared.records`. Where BTF
has no such struct, and with BCC, there are no such steps, and the answer is None: not read. Only at
detail steps.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from tracer.shared.records import ListState, StepKind

BEGINS: Final = "ep_poll_callback"
ENDS: Final = "ep_poll_callback_done"
"""The callback's hooks: the state before it did anything, and when it was done."""


def states_of(steps: pd.DataFrame) -> pd.DataFrame:
    """Return those of ``steps`` that record an instance's state, in order of time."""
    chosen = steps[steps["kind"] == StepKind.INSTANCE]
    return chosen.sort_values("ts_ns", kind="stable")


def between(states: pd.DataFrame, since_ns: int, until_ns: int) -> pd.DataFrame:
    """Return the states from ``since_ns`` to ``until_ns`` (boot clock), both included."""
    return states[states["ts_ns"].between(since_ns, until_ns)]


def has(states: pd.DataFrame, what: ListState) -> pd.Series[bool]:
    """Return which of ``states`` have that bit set, on their index."""
    return (states["value"] & int(what)) > 0


def was_queued(states: pd.DataFrame, tid: int) -> bool | None:
    """Tell whether ``tid`` was seen on an instance's own queue; None: nothing was read."""
    if states.empty:
        return None
    return bool((has(states, ListState.SLEEPER) & (states["owner_tid"] == tid)).any())


def was_listed(states: pd.DataFrame, callback: pd.Series[int]) -> bool | None:
    """Tell whether a callback had put its item on a list when it ended; None: it was not read.

    Args:
        states: of the recording, or from the callback on.
        callback: its step.
    """
    ended = _end(states, callback)
    if ended.empty:
        return None
    # Where an item's own link cannot be read (7.3), a list with fds proves neither.
    known = has(ended, ListState.LISTED).iloc[0] or not has(ended, ListState.READY).iloc[0]
    return bool(has(ended, ListState.LISTED).iloc[0]) if known else None


def ended_ns(states: pd.DataFrame, callback: pd.Series[int]) -> int | None:
    """Return when a callback ended; None: not seen."""
    ended = _end(states, callback)
    return None if ended.empty else int(ended["ts_ns"].iloc[0])


def _end(states: pd.DataFrame, callback: pd.Series[int]) -> pd.DataFrame:
    """Return the state at a callback's end; callbacks on one entry never overlap."""
    return states[
        (states["hook_name"] == ENDS)
        & (states["entry"] == callback["entry"])
        & (states["ts_ns"] >= callback["ts_ns"])
    ].head(1)
