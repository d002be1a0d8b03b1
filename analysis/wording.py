"""Plain words for runs of like steps, beside the kernel's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pandas as pd

from tracer.catalogue import hooks
from tracer.records import Removal, StepKind

READABLE: Final = 0x001 | 0x002 | 0x008 | 0x010
"""POLLIN, POLLPRI, POLLERR, POLLHUP (include/uapi/asm-generic/poll.h): most fds can be written."""

_CALLBACKS: Final = {
    "pollwake": "runs the callback of the waiter's entry{fds}: marks its call as triggered",
    "ep_poll_callback": "runs the callback of{fds}: puts it on the epoll instance's ready list",
    "aio_poll_wake": "runs the callback of an AIO poll: completes it",
    "io_poll_wake": "runs the callback of an io_uring poll: the program's task is to complete it",
    "ep_autoremove_wake_function": "finds the waiter on the epoll instance's own queue, wakes it",
    "woken_wake_function": "finds the reader's entry on the queue, wakes it",
    "autoremove_wake_function": "finds the reader's entry on the queue, wakes it, unlinks it",
    "receiver_wake_function": "finds the reader's entry on the queue, wakes it",
}


def group_words(group: pd.DataFrame) -> str:
    """Return what a run of steps of one kind and hook means.

    Args:
        group: rows of the steps frame, of one kind and one hook.
    """
    kind = StepKind(int(group["kind"].iloc[0]))
    return _WORDS[kind](group)


def fd_words(fds: pd.Series[int]) -> str:
    """Return " fd 4", " 41 fds, 4 to 84", or "" where none is known."""
    known = sorted(set(fds[fds >= 0].tolist()))
    if not known:
        return ""
    if len(known) == 1:
        return f" fd {known[0]}"
    return f" {len(known)} fds, {known[0]} to {known[-1]}"


def _look(group: pd.DataFrame) -> str:
    ready = group[(group["value"] >= 0) & (group["value"] & READABLE > 0)]
    found = f"{fd_words(ready['fd'])} can be read" if len(ready) else " none can be read"
    unseen = bool((group["value"] < 0).all())
    return f"looks at{fd_words(group['fd']) or ' a file'}" + ("" if unseen else f":{found}")


def _insertion(group: pd.DataFrame) -> str:
    count = len(group)
    entries = "an entry" if count == 1 else f"{count} entries"
    return f"hangs {entries} on the wait queue of{fd_words(group['fd']) or ' a file'}"


def _removal(group: pd.DataFrame) -> str:
    count = len(group)
    entries = "its entry" if count == 1 else f"{count} entries"
    unseen = (group["value"] == Removal.UNSEEN).all()
    return f"takes {entries} off" + (" (inline, before the call returned)" if unseen else "")


def _callback(group: pd.DataFrame) -> str:
    words = _CALLBACKS.get(str(group["hook_name"].iloc[0]), "runs a callback of the waiter{fds}")
    return words.format(fds=fd_words(group["fd"]))


def _sleep(group: pd.DataFrame) -> str:
    return "the sleep is over: " + ("time is up" if group["value"].iloc[-1] == 0 else "woken")


def _switch_out(group: pd.DataFrame) -> str:
    return "is preempted" if group["value"].iloc[0] else "gives up the CPU and sleeps"


def _function(group: pd.DataFrame) -> str:
    name = group["hook_name"].iloc[0]
    measures = next((hook.measures for hook in hooks() if hook.name == name), f"enters {name}")
    return measures.partition(" (")[0]


def _copied(group: pd.DataFrame, where: str) -> str:
    return f"copies {int(group['value'].sum())} bytes {where} the program"


_WORDS: Final[dict[StepKind, Callable[[pd.DataFrame], str]]] = {
    StepKind.PHASE: lambda group: f"phase {int(group['value'].iloc[0])} begins",
    StepKind.FD_POLL: _look,
    StepKind.INSERTION: _insertion,
    StepKind.REMOVAL: _removal,
    StepKind.CALLBACK: _callback,
    StepKind.SLEEP: _sleep,
    StepKind.SWITCH_OUT: _switch_out,
    StepKind.SWITCH_IN: lambda _: "is on the CPU again",
    StepKind.WAKEUP: lambda _: "makes the waiter runnable",
    StepKind.COPY_IN: lambda group: _copied(group, "from"),
    StepKind.COPY_OUT: lambda group: _copied(group, "to"),
    StepKind.FUNCTION: _function,
    StepKind.USER: lambda group: f"a probe of the user's: {group['hook_name'].iloc[0]}",
}
