"""Words for steps of every kind, all of them in the catalogue of texts."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.timeline.wording import fd_words, group_words
from tests.texts import unknown
from tracer.shared.catalogue import hooks
from tracer.shared.records import StepKind

KINDS = {hook.name: StepKind[hook.step] for hook in hooks() if hook.step}


def group(kind: StepKind, hook: str, fds: list[int], values: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"kind": int(kind), "hook_name": hook, "fd": fds, "value": values})


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
@pytest.mark.parametrize(("fds", "values"), [([4], [1]), ([-1], [0]), ([4, 6], [5, 4])])
def test_every_hook_has_words(name: str, kind: StepKind, fds: list[int], values: list[int]) -> None:
    words = group_words(group(kind, name, fds, values))
    assert words
    assert "enters" not in words
    assert unknown([words]) == []


@pytest.mark.parametrize(
    ("fds", "words"),
    [
        ([4], "fd 4"),
        ([4, 4], "fd 4"),
        ([8, 4, 6], "3 fds, 4 to 8"),
        ([-1], "a file"),
        ([-1, -1], "2 files"),
        ([-1, 6], "fd 6"),
    ],
)
def test_fds(fds: list[int], words: str) -> None:
    assert fd_words(pd.DataFrame({"fd": fds})) == words


@pytest.mark.parametrize(
    ("fds", "values", "words"),
    [
        ([4], [1], "polls fd 4: it can be read"),
        ([4], [4], "polls fd 4: nothing to read"),
        ([4], [-1], "polls fd 4"),
        ([4, 6], [4, 4], "polls 2 fds, 4 to 6: none can be read"),
        ([4, 6], [1, 5], "polls 2 fds, 4 to 6: all can be read"),
        ([4, 6], [1, 4], "polls 2 fds, 4 to 6: fd 4 can be read"),
    ],
)
def test_polls(fds: list[int], values: list[int], words: str) -> None:
    assert group_words(group(StepKind.FD_POLL, "sock_poll", fds, values)) == words


@pytest.mark.parametrize(
    ("kind", "hook", "value", "words"),
    [
        (StepKind.SLEEP, "schedule_hrtimeout_range", 0, "the sleep is over: timed out"),
        (StepKind.SLEEP, "schedule_hrtimeout_range", -4, "the sleep is over: woken"),
        (StepKind.SWITCH_OUT, "sched_switch", 1, "is preempted"),
        (StepKind.SWITCH_OUT, "sched_switch", 0, "gives up the CPU and sleeps"),
        (StepKind.REMOVAL, "finish_wait", 0, "removes its entry"),
        (StepKind.REMOVAL, "aio_poll_wake_done", 1, "the callback removed its entry"),
        (StepKind.COPY_IN, "_copy_from_user", 328, "copies 328 bytes from the program"),
        (StepKind.COPY_OUT, "__put_user_nocheck_2", 1, "copies 1 byte to the program"),
        (StepKind.USER, "mine", 0, "a user's probe: mine"),
        (StepKind.FUNCTION, "fasync_helper", 0,
         "removes fd 4 from its file's list of fds to be signalled"),
    ],
)  # fmt: skip
def test_values_tell(kind: StepKind, hook: str, value: int, words: str) -> None:
    assert group_words(group(kind, hook, [4], [value])) == words
