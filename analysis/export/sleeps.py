"""Sleeps: a thread leaves the CPU within a call, somebody wakes it, it is on the CPU again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from tracer.shared.records import StepKind

COLUMNS: Final = ["kind", "tid", "owner_tid", "seq", "cpu"]


@dataclass(frozen=True)
class Sleep:
    """A stretch off the CPU, as places in the steps: the switch away and the switch back.

    ``wakers`` has, for each wakeup in between, the steps by which it came, in order: the
    callback of an entry of the sleeper's, if one was run in the waker's call just before, and
    the wakeup itself.
    """

    away: int
    back: int
    wakers: tuple[tuple[int, ...], ...]


@dataclass
class _Asleep:
    away: int
    seq: int
    wakers: list[tuple[int, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class _Callback:
    place: int
    owner: int
    seq: int


def sleeps(steps: pd.DataFrame) -> list[Sleep]:
    """Return the sleeps that have both ends in ``steps``.

    Args:
        steps: the steps frame in order of time.

    A switch whose other end is not there, because the recording stopped or a step was lost, is
    no sleep. A wakeup of a thread that has not left the CPU ends none.
    """
    found: list[Sleep] = []
    asleep: dict[int, _Asleep] = {}
    just_called: dict[tuple[int, int], _Callback] = {}
    for place, (kind, tid, owner, seq, cpu) in enumerate(steps[COLUMNS].itertuples(index=False)):
        callback = just_called.pop((tid, cpu), None)
        if kind == StepKind.CALLBACK and seq:
            just_called[tid, cpu] = _Callback(place, owner, seq)
        elif kind == StepKind.WAKEUP and owner in asleep:
            led = callback and (callback.owner, callback.seq) == (owner, seq)
            asleep[owner].wakers.append((callback.place, place) if callback and led else (place,))
        elif kind == StepKind.SWITCH_OUT:
            asleep[tid] = _Asleep(place, seq)
        elif kind == StepKind.SWITCH_IN and tid in asleep:
            sleep = asleep.pop(tid)
            if sleep.seq == seq:
                found.append(Sleep(sleep.away, place, tuple(sleep.wakers)))
    return found
