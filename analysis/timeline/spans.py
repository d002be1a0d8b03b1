"""What lasts in a timeline, sleeps and queued entries, and arrows between its lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from analysis.timeline import words as timeline_words
from analysis.timeline.moments import MomentSteps
from analysis.timeline.parts import Arrow, Span
from analysis.timeline.scene import BY, Scene, polls_after
from analysis.timeline.wording import fd_words
from analysis.trace.instances import between, was_listed, was_queued
from tracer.shared.message import message
from tracer.shared.records import StepKind

QUEUED_BY: Final = {
    "epoll_wait": "epoll_ctl", "io_getevents": "io_submit", "io_uring_enter": "io_uring_enter",
}  # fmt: skip
"""Which calls queue the entries that a waiting call of a family relies on."""

BY_CALLBACK: Final = ("io_submit", "io_uring_enter")
"""Families whose entries are removed by their callback, or stay: a multishot poll's, and on 5.10
those of any io_uring poll, are still queued when the callback ends; their later removal is seen by
no hook.
"""

TO_QUEUES: Final = (StepKind.INSERTION, StepKind.REMOVAL, StepKind.CALLBACK)


@dataclass(frozen=True)
class EntrySpan:
    """A span, and the addresses of its entries."""

    span: Span
    entries: frozenset[int] = frozenset()


def spans_of(calls: pd.DataFrame, scene: Scene, moments: Sequence[MomentSteps]) -> list[EntrySpan]:
    """Return the spans; ``calls`` of the whole trace tell who queued earlier entries."""
    places = {
        step: number for number, each in enumerate(moments) for step in each.steps.index.tolist()
    }
    return [
        *map(EntrySpan, _asleep(scene, moments)),
        *_entries(calls, scene, moments, places),
        *map(EntrySpan, _own_queue(scene, moments)),
        *map(EntrySpan, _ready_list(scene, moments, places)),
    ]


def arrows_of(
    scene: Scene, moments: Sequence[MomentSteps], queued_now: Sequence[EntrySpan]
) -> list[Arrow]:
    """Return what goes from one lane to another: insertions, callbacks, wakeups, signals."""
    arrows = []
    for number, each in enumerate(moments):
        if each.steps.empty:
            continue
        first = each.steps.iloc[0]
        if first["kind"] in TO_QUEUES:
            arrows.append(Arrow(number, "queues", span=_about(number, each.steps, queued_now)))
        elif first["kind"] == StepKind.WAKEUP and (each.steps["owner_tid"] == scene.tid).any():
            arrows.append(
                Arrow(number, "waiter", _next(moments, number, scene, StepKind.SWITCH_IN))
            )
        elif first["hook_name"] == "send_sigio" and first["tid"] != scene.tid:
            arrows.append(Arrow(number, "waiter"))
    return arrows


def _about(number: int, steps: pd.DataFrame, queued_now: Sequence[EntrySpan]) -> int | None:
    """Return the place of the span whose entry a moment queues, removes or calls back."""
    own_queue = steps["hook_name"].iloc[0] == "ep_autoremove_wake_function"
    for place, each in enumerate(queued_now):
        first, last = each.span.first, each.span.last
        if own_queue and each.span.bar == "own queue" and last == number:
            return place
        begun, over = first is None or first <= number, last is not None and last < number
        if begun and not over and not each.entries.isdisjoint(steps["entry"].tolist()):
            return place
    return None


def _next(moments: Sequence[MomentSteps], number: int, scene: Scene, kind: StepKind) -> int | None:
    """Return the next moment of the waiter after ``number`` that is of ``kind``."""
    for later in range(number + 1, len(moments)):
        steps = moments[later].steps
        if len(steps) and steps["kind"].iloc[0] == kind and steps["tid"].iloc[0] == scene.tid:
            return later
    return None


def _asleep(scene: Scene, moments: Sequence[MomentSteps]) -> Iterator[Span]:
    for number, each in enumerate(moments):
        if each.steps.empty:
            continue
        first = each.steps.iloc[0]
        away = first["kind"] == StepKind.SWITCH_OUT and first["tid"] == scene.tid
        if away and not first["value"]:
            back = _next(moments, number, scene, StepKind.SWITCH_IN)
            yield Span("asleep", number, back, 1, message("asleep"))


def _entries(
    calls: pd.DataFrame, scene: Scene, moments: Sequence[MomentSteps], places: dict[int, int]
) -> Iterator[EntrySpan]:
    """Yield a span for the entries that were queued together and dropped together.

    The words are about all that were queued together, whenever they were dropped.
    """
    queued_by = calls[[*BY, "family", "fd", "phase"]]
    lives = scene.lives.merge(queued_by, on=BY, suffixes=("", "_of_call"))
    there = lives["removed_ns"].isna() | (lives["removed_ns"] >= scene.began_ns)
    concerned = _concern(lives, scene)
    yield from _uncalled(lives[there & ~concerned], lives[there & concerned], scene, moments)
    lives = lives[there & concerned]
    ends = lives.assign(
        first=[places.get(step, -1) for step in lives["queued"]],
        last=[-1 if pd.isna(step) else places.get(step, -1) for step in lives["dropped"]],
    )
    for (_, family), together in ends.groupby(["first", "family"]):
        words = timeline_words.entries(len(together), fd_words(together), str(family))
        if family in BY_CALLBACK and _stay_after_callback(together, scene):
            words = timeline_words.not_seen_off(words)
        for _, group in together.groupby("last"):
            first, last = int(group["first"].iloc[0]), int(group["last"].iloc[0])
            span = Span("entries", _or_none(first), _or_none(last), len(group), words)
            yield EntrySpan(span, frozenset(group["entry"].tolist()))


def _stay_after_callback(entries: pd.DataFrame, scene: Scene) -> bool:
    """Return whether a callback, whose end no hook saw, ran on any of ``entries``."""
    called = scene.steps[scene.steps["kind"] == StepKind.CALLBACK]
    last_ns = entries["entry"].map(called.groupby("entry")["ts_ns"].max())
    return bool(((last_ns > entries["queued_ns"]) & (entries["last"] < 0)).any())


def _uncalled(
    others: pd.DataFrame, ours: pd.DataFrame, scene: Scene, moments: Sequence[MomentSteps]
) -> Iterator[EntrySpan]:
    """Yield the entries of other tasks on queues whose callbacks ran, but not theirs."""
    steps = scene.steps
    called = steps[(steps["kind"] == StepKind.CALLBACK) & steps["entry"].isin(ours["entry"])]
    queues = ours.loc[ours["entry"].isin(called["entry"]), "object"]
    at_ns = called["ts_ns"].min()
    there = others["removed_ns"].isna() | (others["removed_ns"] > at_ns)
    waited = there & others["object"].isin(queues) & (others["queued_ns"] < at_ns)
    theirs = others[waited & (others["tid"] != scene.tid)]
    if len(theirs):
        since = int(theirs["queued_ns"].max()) - scene.began_ns
        before = [n for n, each in enumerate(moments) if each.moment.after_ns <= since]
        words = timeline_words.others_entries(len(theirs))
        span = Span("others", before[-1] if before else None, None, len(theirs), words)
        yield EntrySpan(span, frozenset(theirs["entry"].tolist()))


def _or_none(place: int) -> int | None:
    return None if place < 0 else place


def _concern(lives: pd.DataFrame, scene: Scene) -> pd.Series[bool]:
    """Return which entries the shown calls queued, rely on, or had callbacks on."""
    in_told = lives["queued"].isin(scene.steps.index)
    called = scene.steps[scene.steps["kind"] == StepKind.CALLBACK]
    concerned = in_told | (
        lives["entry"].isin(called["entry"]) & (lives["queued_ns"] < scene.ended_ns)
    )
    for family, queued_now in QUEUED_BY.items():
        waits = scene.calls[scene.calls["family"] == family]
        for fd, phase in waits[["fd", "phase"]].drop_duplicates().itertuples(index=False):
            same = (lives["fd_of_call"] == fd) & (lives["phase"] == phase)
            by = same & (lives["family"] == queued_now)
            own = by & (lives["tid"] == scene.tid)
            concerned |= own if own.any() else by
    return concerned


def _own_queue(scene: Scene, moments: Sequence[MomentSteps]) -> Iterator[Span]:
    """Yield the spans of the waiter's entry on an epoll instance's own queue.

    It is queued inline, which no hook sees: at the latest when the waiter slept, and the callback
    removes it (6.1: fs/eventpoll.c ep_poll(), ep_autoremove_wake_function()). Where the instance
    was read it was seen there, also if the wait timed out: then ep_poll() removes it.
    """
    slept: int | None = None
    for number, each in enumerate(moments):
        if each.steps.empty:
            continue
        first = each.steps.iloc[0]
        if first["kind"] == StepKind.SWITCH_OUT and first["tid"] == scene.tid:
            slept = number
        if slept is None:
            continue
        seen = _on_own_queue(scene, moments[slept], first)
        woken = first["hook_name"] == "ep_autoremove_wake_function"
        woken = woken and (each.steps["owner_tid"] == scene.tid).any()
        over = first["kind"] == StepKind.SLEEP and first["tid"] == scene.tid
        if woken or (over and seen):
            yield Span("own queue", slept, number, 1, timeline_words.own_entry(), seen=seen)
            slept = None


def _on_own_queue(scene: Scene, slept: MomentSteps, end: pd.Series[int]) -> bool:
    """Return whether the waiter was seen there between its falling asleep and ``end``."""
    since_ns, until_ns = int(slept.steps["ts_ns"].iloc[0]), int(end["ts_ns"])
    return bool(was_queued(between(scene.states, since_ns, until_ns), scene.tid))


def _ready_list(
    scene: Scene, moments: Sequence[MomentSteps], places: dict[int, int]
) -> Iterator[Span]:
    """Yield the spans of fds on a ready list: from the callback to the waiter's next poll.

    Where the instance was read when the callback ended, the item was, or was not, seen there.
    """
    for number, each in enumerate(moments):
        if each.steps.empty or each.steps["hook_name"].iloc[0] != "ep_poll_callback":
            continue
        last = each.steps.iloc[-1]
        fd_polls = polls_after(scene, last)
        listed = was_listed(scene.states, last)
        if len(fd_polls) and listed is not False:
            words = timeline_words.on_ready_list(fd_words(each.steps))
            polled = places[int(fd_polls.index[0])]
            yield Span("ready list", number, polled, len(each.steps), words, seen=bool(listed))
