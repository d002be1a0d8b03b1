"""Whether records are missing: counts taken from the rings, and gaps in sequence numbers.

``seq`` counts the calls of a task from 1 without a gap, in the order of their return; for a reused
tid it starts again. Steps carry the number of the call in which they were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from analysis.recorded import LOST
from analysis.windows.problems import NO_PROBLEMS, Problem, Problems, in_order
from analysis.windows.recording import Recording
from analysis.windows.window import Window
from tracer.shared.message import message
from tracer.shared.records import Life, StepKind

Numbers = npt.NDArray[np.int64]

KINDS: Final = frozenset(StepKind)
NO_HOOK: Final = 0
"""The hook id of a step that no hook saw (probes/calls.bpf.h)."""


@dataclass(frozen=True, eq=False)
class Continuity:
    """The numbers of calls in a stretch, and the kinds of its steps.

    ``tids``, sorted, with the numbers of each one's ``first`` call (and its place) and ``last``
    call; ``absent`` are calls missing in between. ``kinds`` and ``hooks`` are those of the steps.
    """

    tids: Numbers
    first: Numbers
    first_at: Numbers
    last: Numbers
    absent: Problems
    kinds: frozenset[int]
    hooks: frozenset[int]

    def combine(self, later: Self, /) -> Self:
        """Return the continuity of both stretches."""
        here, there = _common(self.tids, later.tids)
        border = _absent(
            later.tids[there], self.last[here], later.first[there], later.first_at[there]
        )
        tids, place = np.unique(np.concatenate([later.tids, self.tids]), return_index=True)
        first = np.concatenate([later.first, self.first])
        first_at = np.concatenate([later.first_at, self.first_at])
        first[there], first_at[there] = self.first[here], self.first_at[here]
        return type(self)(
            tids,
            first[place],
            first_at[place],
            np.concatenate([later.last, self.last])[place],
            self.absent.combine(border).combine(later.absent),
            self.kinds | later.kinds,
            self.hooks | later.hooks,
        )


def gather_continuity(window: Window) -> Continuity:
    """Return the numbers of the calls of ``window``, and the kinds of its steps."""
    tasks = window.grouped("tid")
    order, starts, ends = tasks.order, tasks.starts, tasks.ends
    tids = tasks.keys[:, 0]
    numbers = window.of_calls("seq").take(order)
    jumps = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1] + numbers.dtype.type(1), out=jumps[1:])
    jumps[starts] = False
    at = np.flatnonzero(jumps)
    numbers = numbers.astype(np.int64)
    return Continuity(
        tids=tids,
        first=numbers[starts],
        first_at=window.first_call + order[starts],
        last=numbers[ends - 1],
        absent=_absent(
            tids[np.searchsorted(ends, at, side="right")],
            numbers[at - 1],
            numbers[at],
            window.first_call + order[at],
        ),
        kinds=_those_of(window.of_steps("kind")),
        hooks=_those_of(window.of_steps("hook")),
    )


def gaps(recording: Recording, found: Continuity, orphaned: Problems) -> Problems:
    """Return each sign that records are missing from ``recording``.

    ``orphaned`` are steps whose call is missing (analysis.checks.agreement).
    """
    new = ~_joined_before(recording, found.tids)
    outset = _absent(
        found.tids[new], np.zeros_like(found.tids[new]), found.first[new], found.first_at[new]
    )
    parts = (
        Problems.plain(_counted(recording)),
        Problems.plain(_incomplete(recording)),
        outset,
        found.absent,
        Problems.plain(_unknown(recording, found)),
        orphaned,
    )
    result = NO_PROBLEMS
    for part in parts:
        result = result.combine(part)
    return result


def _joined_before(recording: Recording, tids: Numbers) -> npt.NDArray[np.bool_]:
    """Return which of ``tids`` had joined before the kept calls and steps begin."""
    let_go = recording.manifest.let_go
    if let_go is None:
        return np.zeros(len(tids), bool)
    lives = recording.tasks.records
    begun = lives[np.isin(lives["kind"], (Life.JOINED, Life.FORKED))]
    return np.isin(tids, begun["tid"][begun["ts_ns"] < let_go.until_ns])


def _common(one: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
    """Return the places in ``one`` and in ``other`` of what both have; both sorted and unique."""
    _, here, there = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return here, there


def _absent(tids: Numbers, before: Numbers, numbers: Numbers, places: Numbers) -> Problems:
    """Return where a call of ``numbers`` does not follow its task's ``before`` it."""
    wrong = np.flatnonzero((numbers != before + 1) & (numbers != 1))
    found = (
        Problem(
            int(places[row]),
            message(
                "task {tid}: call {expected} is missing before call {number}",
                tid=int(tids[row]),
                expected=int(before[row]) + 1,
                number=int(numbers[row]),
            ),
        )
        for row in (wrong[first] for first in in_order(places[wrong]))
    )
    return Problems.of(found, len(wrong))


def _those_of(numbers: npt.NDArray[np.uint8]) -> frozenset[int]:
    return frozenset(np.flatnonzero(np.bincount(numbers) != 0).tolist())


def _counted(recording: Recording) -> Iterator[str]:
    taken = recording.manifest.records or {}
    seen = recording.manifest.fd_names or {}
    spools = {"calls": recording.calls, "steps": recording.steps, "lives": recording.tasks}
    counts = [
        (LOST[name], taken.get(name), len(spool.records) + spool.let_go)
        for name, spool in spools.items()
    ]
    counts.append((message("observations of fds"), seen.get("seen"), len(recording.fds.seen)))
    for what, recorded, found in counts:
        if recorded is not None and recorded != found:
            yield message(
                "{recorded:,} {what} were recorded, {found:,} were found",
                recorded=recorded,
                what=what,
                found=found,
            )


def _incomplete(recording: Recording) -> Iterator[str]:
    if recording.truncated_bytes and recording.manifest.state == "complete":
        yield message(
            "the recording was ended, but its last record is incomplete: {bytes} bytes",
            bytes=recording.truncated_bytes,
        )


def _unknown(recording: Recording, found: Continuity) -> Iterable[str]:
    for kind in sorted(found.kinds - KINDS):
        yield message("steps of unknown kind {kind}", kind=kind)
    known = recording.manifest.hook_names().keys() | {NO_HOOK}
    for hook in sorted(found.hooks - known):
        yield message("steps of hook number {hook}, which is not in the plan", hook=hook)
