"""Moments of a timeline: runs of like steps and the ends of calls, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from analysis.timeline import words as timeline_words
from analysis.timeline.parts import WAITER, Kind, Moment
from analysis.timeline.scene import Scene, polls_after
from analysis.timeline.wording import fd_words, group_words
from tracer.shared.message import message
from tracer.shared.records import StepKind

KINDS: Final[Mapping[StepKind, Kind]] = {
    StepKind.FD_POLL: "fd_poll",
    StepKind.INSERTION: "entry",
    StepKind.REMOVAL: "entry",
    StepKind.CALLBACK: "callback",
    StepKind.SLEEP: "switch",
    StepKind.SWITCH_OUT: "switch",
    StepKind.SWITCH_IN: "switch",
    StepKind.WAKEUP: "wakeup",
    StepKind.COPY_IN: "copy",
    StepKind.COPY_OUT: "copy",
    StepKind.FUNCTION: "function",
    StepKind.USER: "user",
}
SIGNALS: Final = ("fasync_helper", "send_sigio")
BEGIN, STEPS, END = 0, 1, 2
"""Order of moments at the same time."""


@dataclass(frozen=True, eq=False)
class MomentSteps:
    """A moment and its steps; none for the end of a call."""

    moment: Moment
    steps: pd.DataFrame


def moments_of(scene: Scene, lanes: Mapping[int, int]) -> list[MomentSteps]:
    """Return the moments in order of time; ``lanes`` has the number of each task's lane."""
    timed = [*_ends(scene.calls, scene, lanes), *_ends(scene.others, scene, lanes)]
    for group in _runs(scene.steps):
        timed.append((int(group["ts_ns"].iloc[0]), STEPS, _of_steps(group, scene, lanes)))
    return [each for _, _, each in sorted(timed, key=lambda each: each[:2])]


def _ends(
    calls: pd.DataFrame, scene: Scene, lanes: Mapping[int, int]
) -> Iterable[tuple[int, int, MomentSteps]]:
    nothing = scene.steps.head(0)
    for call in calls.to_dict("records"):
        lane, name = lanes[call["tid"]], str(call["name"])
        row: dict[str, Any] = {str(key): value for key, value in call.items()}
        ends = [(call["enter_ns"], BEGIN, timeline_words.begins(row))]
        if not call["unfinished"]:
            ends.append((call["exit_ns"], END, timeline_words.returns(row)))
        for at_ns, order, words in ends:
            moment = Moment(int(at_ns) - scene.began_ns, lane, name, 1, words, "call")
            yield int(at_ns), order, MomentSteps(moment, nothing)


def _runs(steps: pd.DataFrame) -> list[pd.DataFrame]:
    """Return runs of like steps: a pass over the fds is one poll and one insertion.

    Callbacks of different fds are not alike; copies are, by whichever function.
    """
    if steps.empty:
        return []
    kinds = steps["kind"]
    copies = kinds.isin((StepKind.COPY_IN, StepKind.COPY_OUT))
    symbols = steps["symbol"].mask(copies, "copy")
    place = symbols + " " + kinds.astype(str)
    place = place.mask(kinds.isin((StepKind.FD_POLL, StepKind.INSERTION)), "pass")
    place += (" " + steps["fd"].astype(str)).where(kinds == StepKind.CALLBACK, "")
    place += " " + steps["tid"].astype(str) + " " + steps["seq"].astype(str)
    run = place.ne(place.shift()).cumsum()
    return [group for _, group in steps.groupby([run, kinds, symbols], sort=False)]


def _of_steps(group: pd.DataFrame, scene: Scene, lanes: Mapping[int, int]) -> MomentSteps:
    first = group.iloc[0]
    kind: Kind = KINDS[StepKind(int(first["kind"]))]
    if first["hook_name"] in SIGNALS:
        kind = "signal"
    moment = Moment(
        after_ns=int(first["ts_ns"]) - scene.began_ns,
        lane=lanes.get(int(first["tid"]), WAITER),
        kernel=", ".join(dict.fromkeys(group["symbol"])),
        count=1 if group["inlined"].notna().any() else len(group),
        words=_words(group, scene),
        kind=kind,
    )
    return MomentSteps(moment, group)


def _words(group: pd.DataFrame, scene: Scene) -> str:
    names = list(dict.fromkeys(group["inlined"].dropna()))
    if names:
        return timeline_words.inlined(", ".join(names))
    kind, owner = int(group["kind"].iloc[0]), int(group["owner_tid"].iloc[-1])
    if kind == StepKind.WAKEUP and owner != scene.tid:
        return timeline_words.wakes(owner)
    if group["hook_name"].iloc[0] == "ep_autoremove_wake_function" and owner != scene.tid:
        return message("finds task {tid} on the epoll instance's own queue, wakes it", tid=owner)
    if group["hook_name"].iloc[0] in ("pollwake", "ep_poll_callback") and _no_wakeup(group, scene):
        return message("runs the callback of {fds}: nobody is woken", fds=fd_words(group))
    return group_words(group)


def _no_wakeup(group: pd.DataFrame, scene: Scene) -> bool:
    """Return whether no task was woken in the call that ran a callback, nor polled afterwards."""
    last = group.iloc[-1]
    after = scene.steps[scene.steps["ts_ns"] >= last["ts_ns"]]
    same = after[(after["tid"] == last["tid"]) & (after["seq"] == last["seq"])]
    return not (same["kind"] == StepKind.WAKEUP).any() and polls_after(scene, last).empty
