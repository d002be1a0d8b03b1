"""Whether records are missing: what was taken from the rings, and what numbers follow each other.

``seq`` counts the calls of a task from 1 without a gap, in the order of their return; a tid that is
used again begins anew. Steps carry the number of the call in which they were made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from analysis.frames import Trace
from tracer.shared.message import message
from tracer.shared.records import StepKind

KINDS: Final = frozenset(StepKind)
NO_HOOK: Final = 0
"""What a step carries that no hook saw (probes/syscalls.bpf.h end_call())."""


def gaps(trace: Trace) -> list[str]:
    """Return each sign that records are missing from ``trace``, as a sentence."""
    found = [*_counted(trace), *_half(trace), *_numbers(trace.calls), *_unknown(trace)]
    if trace.manifest.detail == "steps":
        found += _steps_of_no_call(trace)
    return found


def _counted(trace: Trace) -> Iterator[str]:
    for name, frame in (("calls", trace.calls), ("steps", trace.steps)):
        taken = (trace.manifest.records or {}).get(name, len(frame))
        if taken != len(frame):
            yield message(
                "{taken:,} {what} were recorded, {there:,} are there",
                taken=taken,
                what=name,
                there=len(frame),
            )


def _half(trace: Trace) -> Iterator[str]:
    if trace.truncated_bytes and trace.manifest.state == "complete":
        yield message(
            "a record is half there, of a recording that was ended: {bytes} bytes",
            bytes=trace.truncated_bytes,
        )


def _numbers(calls: pd.DataFrame) -> Iterator[str]:
    seq = calls["seq"]
    before = seq.groupby(calls["tid"]).shift(fill_value=0)
    wrong = calls[(seq != before + 1) & (seq != 1)]
    for tid, number, expected in zip(
        wrong["tid"].tolist(),
        wrong["seq"].tolist(),
        (before[wrong.index] + 1).tolist(),
        strict=True,
    ):
        yield message(
            "task {tid}: call {expected} is not there, call {number} is",
            tid=tid,
            expected=expected,
            number=number,
        )


def _steps_of_no_call(trace: Trace) -> Iterator[str]:
    inside = trace.steps.loc[trace.steps["seq"] > 0, ["tid", "seq"]].drop_duplicates()
    made = pd.MultiIndex.from_frame(trace.calls[["tid", "seq"]])
    wrong = inside[~pd.MultiIndex.from_frame(inside).isin(made)]
    for tid, number in wrong.itertuples(index=False):
        yield message(
            "task {tid}: steps of call {number}, which is not there", tid=tid, number=number
        )


def _unknown(trace: Trace) -> Iterator[str]:
    kinds = set(trace.steps["kind"].unique().tolist()) - KINDS
    for kind in sorted(kinds):
        yield message("steps of kind {kind}, which is not known", kind=kind)
    known = trace.manifest.hook_names().keys() | {NO_HOOK}
    for hook in sorted(set(trace.steps["hook"].unique().tolist()) - known):
        yield message("steps of hook number {hook}, which the plan has not", hook=hook)
