"""Steps as instants of a timeline, sleeps as slices, and flows from waker to sleeper."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.export.event import Events, Flows, What
from analysis.export.part import Part
from analysis.export.records import KIND_NAMES, exported_steps
from analysis.export.sleeps import NO_CALLBACK, Sleeps, sleeps
from analysis.export.text import storable
from analysis.export.tracks import Thread, tracks_at
from analysis.export.values import Numbers, Places, Texts, numbered, one_of_each, spelled
from analysis.timeline.wording import group_words
from tracer.shared.records import StepKind

SHARED: Final = (
    StepKind.PHASE, StepKind.SWITCH_OUT, StepKind.SWITCH_IN, StepKind.ITEM, StepKind.INSTANCE,
)  # fmt: skip
"""Kinds that share a hook with other kinds: they are named by the kind, not by the hook."""

NOT_ARGS: Final = ("ts_ns", "pid", "tid", "kind", "hook", "phase", "phase_name")
"""Fields that the event itself, its track, or the track of phases shows."""

ASLEEP, PREEMPTED = "asleep", "preempted"


def step_events(part: Part, threads: Mapping[Thread, int]) -> tuple[Events, Events]:
    """Return one event for each step, and an end for each sleep.

    A switch away from the CPU that has its switch back begins a slice, which ends just before
    the instant of the switch back; any other step is an instant. So there are as many events of
    category ``step`` as there are steps.
    """
    steps = exported_steps(part)
    column = {name: each.values for name, each in steps.items() if isinstance(each, Numbers)}
    order = np.lexsort((column["seq"], column["ts_ns"]))
    slept = _slept(column, order)
    # Between a call's beginning and its end; before each step there is room for the end of a sleep.
    stage = np.empty(len(order), np.int64)
    stage[order] = 2 * np.arange(len(order)) + 2
    track = tracks_at(threads, column["pid"], column["tid"])
    what = np.full(len(order), What.INSTANT, np.uint8)
    what[slept.switch_out] = What.BEGIN
    flows, ends = _flows(slept, len(order))
    args = {name: values for name, values in steps.items() if name not in NOT_ARGS}
    steps_of = Events(
        ts_ns=column["ts_ns"],
        seq=column["seq"],
        stage=stage,
        what=what,
        track=track,
        name=_names(part, column, slept.switch_out),
        category="step",
        args={**args, "words": _words(part, column)},
        flows=flows,
        ends=ends,
    )
    back = slept.switch_in
    times, seqs = column["ts_ns"][back], column["seq"][back]
    return steps_of, Events(times, seqs, stage[back] - 1, What.END, track[back])


def _slept(column: Mapping[str, npt.NDArray[Any]], order: Places) -> Sleeps:
    """Return the sleeps among steps, which ``order`` sorts by time, as places in the ring."""
    columns = (column[name][order] for name in ("kind", "tid", "owner_tid", "seq", "cpu"))
    found = sleeps(*columns)
    callback = np.where(found.callback == NO_CALLBACK, NO_CALLBACK, order[found.callback])
    return Sleeps(
        order[found.switch_out], order[found.switch_in], order[found.wakeup], callback, found.of
    )


def _flows(slept: Sleeps, steps: int) -> tuple[Flows, Flows]:
    """Return the flows that pass through each step, and those that end at it.

    Each wakeup of a sleeper is a flow: from the callback or the wakeup to the switch back.
    """
    numbers = np.arange(1, len(slept.wakeup) + 1)
    led = slept.callback != NO_CALLBACK
    passed = np.concatenate([slept.callback[led], slept.wakeup])
    return (
        _flows_of(passed, np.concatenate([numbers[led], numbers]), steps),
        _flows_of(slept.switch_in[slept.of], numbers, steps),
    )


def _flows_of(at: Places, numbers: npt.NDArray[np.int64], steps: int) -> Flows:
    return Flows(np.bincount(at, minlength=steps), numbers[np.argsort(at, kind="stable")])


def _names(part: Part, column: Mapping[str, npt.NDArray[Any]], switched_out: Places) -> Texts:
    """Return the kernel's name of what each step is: the function or tracepoint, else the kind."""
    plan = part.recording.manifest.plan
    symbols = {row.id: storable(row.attached.partition(":")[2]) for row in plan if row.attached}
    places = numbered(column["kind"], column["hook"])
    one = one_of_each(places)
    names: list[str | None] = [
        symbols.get(hook)
        if kind not in SHARED and hook in symbols
        else KIND_NAMES.get(kind, "unknown")
        for kind, hook in zip(
            column["kind"][one].tolist(), column["hook"][one].tolist(), strict=True
        )
    ]
    places[switched_out] = len(names) + (column["value"][switched_out] != 0)
    return spelled(places, [*names, ASLEEP, PREEMPTED])


def _words(part: Part, column: Mapping[str, npt.NDArray[Any]]) -> Texts:
    """Return the plain words for each step; none for a kind unknown to this version."""
    hooks = part.recording.manifest.hook_names()
    places = numbered(*(column[name] for name in ("kind", "hook", "fd", "value")))
    one = one_of_each(places)
    each = (column[name][one].tolist() for name in ("kind", "hook", "fd", "value"))
    words = [
        _step_words(kind, hooks.get(hook, "?"), fd, value)
        for kind, hook, fd, value in zip(*each, strict=True)
    ]
    return spelled(places, words)


@lru_cache(maxsize=1 << 16)
def _step_words(kind: int, hook_name: str, fd: int, value: int) -> str | None:
    if kind not in KIND_NAMES:
        return None
    step = {"kind": [kind], "hook_name": [hook_name], "fd": [fd], "value": [value]}
    return storable(group_words(pd.DataFrame(step)))
