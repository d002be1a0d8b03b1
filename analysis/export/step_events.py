"""Steps as instants of a timeline, sleeps as slices, and flows from who wakes to who is woken."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from analysis.export.event import Event, Place, What, rows
from analysis.export.records import KIND_NAMES, exported_steps
from analysis.export.sleeps import Sleep, sleeps
from analysis.export.text import storable
from analysis.export.tracks import Thread
from analysis.frames import Trace
from analysis.timeline.wording import group_words
from tracer.shared.records import StepKind

STAGE: Final = 1
"""After the call's beginning, before its end."""

TELLING: Final = ["kind", "hook_name", "fd", "value"]
"""Columns that the words for a step depend on."""

SHARED: Final = (
    StepKind.PHASE, StepKind.SWITCH_OUT, StepKind.SWITCH_IN, StepKind.ITEM, StepKind.INSTANCE,
)  # fmt: skip
"""Kinds whose hook sees more than one kind: they go by the kind's name, not by the hook's."""

NOT_ARGS: Final = (
    "ts_ns", "pid", "tid", "kind", "hook", "event_name", "phase", "phase_name",
)  # fmt: skip
"""What the event itself says, or its track, or the track of phases."""


def step_events(trace: Trace, threads: Mapping[Thread, int]) -> Iterator[Event]:
    """Return one event for each step, in order of time, and an end for each sleep.

    A switch away from the CPU that has its switch back begins a slice, which ends just before
    the instant of the switch back; any other step is an instant. So there are as many events of
    category ``step`` as there are steps.
    """
    order = ["ts_ns", "seq"]
    ordered = trace.steps.sort_values(order, kind="stable", ignore_index=True)
    told = exported_steps(trace).sort_values(order, kind="stable", ignore_index=True)
    told = told.assign(event_name=_event_names(trace, ordered), words=_words(ordered))
    return _events(told, sleeps(ordered), threads)


def _events(
    steps: pd.DataFrame, slept: Sequence[Sleep], threads: Mapping[Thread, int]
) -> Iterator[Event]:
    away, back = {sleep.away for sleep in slept}, {sleep.back for sleep in slept}
    flows, ends = _flows(slept)
    for place, step in enumerate(rows(steps)):
        plain = Event(
            ts_ns=step["ts_ns"],
            place=Place(step["seq"], STAGE),
            what=What.BEGIN if place in away else What.INSTANT,
            track=threads[step["pid"], step["tid"]],
        )
        if place in back:
            yield plain._replace(what=What.END)
        yield plain._replace(
            name=_slice_name(step) if place in away else step["event_name"],
            category="step",
            args={name: value for name, value in step.items() if name not in NOT_ARGS},
            flows=tuple(flows.get(place, ())),
            ends=tuple(ends.get(place, ())),
        )


def _slice_name(step: Mapping[str, Any]) -> str:
    return "preempted" if step["value"] else "asleep"


def _flows(slept: Sequence[Sleep]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return the flows that pass through each step, and those that end at it.

    Each wakeup of a sleeper is a flow: from the callback or the wakeup to the switch back.
    """
    numbers = itertools.count(1)
    flows, ends = defaultdict(list), defaultdict(list)
    for sleep in slept:
        for timeline in sleep.wakers:
            flow = next(numbers)
            ends[sleep.back].append(flow)
            for place in timeline:
                flows[place].append(flow)
    return flows, ends


def _event_names(trace: Trace, steps: pd.DataFrame) -> pd.Series[str]:
    """Return the kernel's name of what each step is: the function or tracepoint, else the kind."""
    places = {row.hook: row.attached for row in trace.manifest.plan if row.attached}
    symbols = {hook: storable(place.partition(":")[2]) for hook, place in places.items()}
    kinds = steps["kind"].map(KIND_NAMES).fillna("unknown")
    return steps["hook_name"].map(symbols).where(~steps["kind"].isin(SHARED)).fillna(kinds)


def _words(steps: pd.DataFrame) -> pd.Series[str]:
    """Return the plain words for each step, NA for a kind that this version does not know."""
    each = steps[TELLING].drop_duplicates(ignore_index=True)
    known = each["kind"].isin(list(KIND_NAMES))
    words = [
        storable(group_words(each.iloc[[place]])) if there else pd.NA
        for place, there in enumerate(known)
    ]
    told = each.assign(words=pd.Series(words, dtype="string"))
    return steps[TELLING].merge(told, on=TELLING, how="left")["words"]
