"""The rows that a claim uses: calls of the waiter, with what the workload says about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.nouns import with_noun
from tracer.shared.clock import NS_PER_MS
from tracer.shared.message import Message, joined, message


def phases_of(trace: Trace, *models: str, **spec: Any) -> tuple[PhaseTruth, ...]:
    """Return the phases of any of ``models`` whose spec has all of ``spec``.

    Raises Undecided if there is none.
    """
    assert trace.truth is not None, "a claim that picks phases needs truth"
    found = tuple(
        phase
        for phase in trace.truth.phases
        if phase.spec["model"] in models
        and all(phase.spec[key] == value for key, value in spec.items())
    )
    if not found:
        wanted = joined(", ", [joined(" or ", models), *_named(spec)])
        raise Undecided(message("no phase of model {wanted}", wanted=wanted))
    return found


def calls_of(trace: Trace, phases: Sequence[PhaseTruth], *families: str) -> pd.DataFrame:
    """Return the finished calls of ``families`` that the waiters of ``phases`` made.

    The calls frame's columns, and from the truth: ``n`` (watched fds), ``first_ready`` (place of
    the first active fd in scan order, from 1; 0: none), ``fd_kind``, ``waker``, ``delay_ns`` (of
    the waker) and ``sets`` (how many were passed to select). Raises Undecided if there are none.
    """
    if not phases:
        names = joined(" or ", families)
        raise Undecided(message("no phase to look for calls of {families} in", families=names))
    parts = [_of_phase(trace.calls, phase, families) for phase in phases]
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty:
        raise Undecided(
            message(
                "no call of {families} in phase {phases}",
                families=joined(" or ", families),
                phases=joined(", ", [phase.name for phase in phases]),
            )
        )
    return rows


def number(phase: PhaseTruth, result: str) -> int:
    """Return a number from the workload's results; Undecided if it is not there."""
    return int(result_of(phase, result))


def result_of(phase: PhaseTruth, result: str) -> Any:
    """Return one of the workload's results; Undecided if it is not there."""
    if result not in phase.results:
        raise Undecided(
            message("phase {phase} has no result {result!r}", phase=phase.name, result=result)
        )
    return phase.results[result]


def _named(spec: Mapping[str, Any]) -> list[str]:
    """Return what a phase's spec must contain, under the spec's own names."""
    return [f"{key} {value}" for key, value in spec.items()]


def messages(phases: Sequence[PhaseTruth]) -> int:
    """Return how many times an fd was made ready in ``phases``."""
    return sum(int(phase.spec["rounds"]) * len(phase.active) for phase in phases)


def rounds(phases: Sequence[PhaseTruth]) -> int:
    """Return how many rounds ``phases`` have together."""
    return sum(int(phase.spec["rounds"]) for phase in phases)


def _of_phase(calls: pd.DataFrame, phase: PhaseTruth, families: Sequence[str]) -> pd.DataFrame:
    ours = (calls["phase"] == phase.number) & (calls["tid"] == phase.tid) & ~calls["unfinished"]
    ready = [place for place, fd in enumerate(phase.fds, start=1) if fd in phase.active]
    return calls[ours & calls["family"].isin(families)].assign(
        n=len(phase.fds),
        first_ready=min(ready, default=0),
        fd_kind=phase.spec["fd_kind"],
        waker=phase.spec["waker"],
        delay_ns=int(phase.spec["delay_ms"]) * NS_PER_MS,
        sets=int(phase.results.get("sets", 1)),
    )


def every(found: Iterable[Any]) -> bool:
    """Return whether all of ``found`` hold; Undecided if there are none, or one is not known.

    Verdicts are decided by this, ``some``, and the figures of costs: a claim that selected nothing
    has seen nothing, whichever way it asks.
    """
    return all(_known(found))


def some(found: Iterable[Any]) -> bool:
    """Return whether any of ``found`` holds; Undecided if there are none, or one is not known."""
    return any(_known(found))


def mostly(found: pd.Series[bool], by: pd.Series[Any]) -> bool:
    """Return whether at least half of ``found`` hold, for each value of ``by``; else as ``every``.

    For what may happen to any single call in a guest on a busy host, and is not the kernel's doing.
    """
    return every(share >= 0.5 for share in found.astype("float64").groupby(by).mean())


def _known(found: Iterable[Any]) -> list[bool]:
    values = list(found)
    unknown = sum(bool(pd.isna(value)) for value in values)
    if not values:
        raise Undecided("nothing was selected to decide from")
    if unknown:
        count = len(values)
        raise Undecided(
            message("{unknown} of {count} values are missing", unknown=unknown, count=count)
        )
    return [bool(value) for value in values]


def span(values: pd.Series[int], one: str = "", many: str = "") -> str:
    """Return "6" or "6 to 41"; "unknown" if all are NA. With a noun: "1 entry", "6 to 41 entries".

    ``one`` and ``many`` as for ``counted``.
    """
    known = values.dropna()
    if known.empty:
        return message("unknown")
    least, most = int(known.min()), int(known.max())
    several = message("{least:,} to {most:,}", least=least, most=most)
    number = f"{most:,}" if least == most else several
    return with_noun(most, number, one, many) if one else number


def counted(count: int, one: str, many: str = "") -> Message:
    """Return "1 wait", "2 waits" or "1,009 waits".

    The noun is one of analysis.verdicts.nouns, which has translations; a pack may use another, in
    English, with ``many`` as its plural (by default ``one`` and an s).
    """
    return with_noun(count, f"{count:,}", one, many)


def times(values: pd.Series[int]) -> str:
    """Return how often: "once", "twice", "3 times", "0 to 2 times"."""
    known = set(values.dropna())
    number = span(values)
    if known in ({1}, {2}):
        return message("once") if known == {1} else message("twice")
    return message("{number} times", number=number) if known else number


def median(values: pd.Series[int]) -> float | None:
    """Return the median of the known ``values``, None if all are NA."""
    known = values.dropna()
    return None if known.empty else float(known.astype("float64").median())


def mostly_off_cpu(calls: pd.DataFrame) -> bool:
    """Return whether ``calls`` were off the CPU for at least half of their time, in total.

    In total, since a guest stalls when its host is busy: any single call may look busy then.
    """
    return bool(calls["off_cpu_ns"].sum() * 2 >= calls["wall_ns"].sum())


def ms(ns: float | None) -> str:
    """Return ``ns`` as milliseconds in words: "20.1 ms", "0.004 ms"."""
    return message("unknown") if ns is None else f"{ns / NS_PER_MS:.3g} ms"
