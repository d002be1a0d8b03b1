"""Plain words for runs of like steps, beside the kernel's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pandas as pd

from analysis.fds.words import fd_and_name
from tracer.shared.catalogue import hooks
from tracer.shared.message import Message, message, message_n
from tracer.shared.records import ListState, Removal, StepKind

READABLE: Final = 0x001 | 0x002 | 0x008 | 0x010
"""POLLIN, POLLPRI, POLLERR, POLLHUP (include/uapi/asm-generic/poll.h); not POLLOUT: most fds are
writable.
"""


def group_words(group: pd.DataFrame) -> str:
    """Return the words for a run of steps of one kind and hook.

    Args:
        group: rows of the steps frame, of one kind and one hook.
    """
    kind = StepKind(int(group["kind"].iloc[0]))
    return _WORDS[kind](group)


def fd_words(rows: pd.DataFrame) -> Message:
    """Return "fd 4", "41 fds, 4 to 84", or "a file", "7 files" if no fd is known.

    ``rows`` have ``fd``, and ``fd_name`` if known: that of a single fd is included.
    """
    known = sorted(set(rows["fd"][rows["fd"] >= 0].tolist()))
    if not known:
        return message_n("a file", "{count} files", count=len(rows))
    if len(known) == 1:
        return fd_and_name(known[0], _one_name(rows))
    return message("{n} fds, {first} to {last}", n=len(known), first=known[0], last=known[-1])


def _one_name(rows: pd.DataFrame) -> str | None:
    names = rows["fd_name"].dropna().tolist() if "fd_name" in rows else []
    return names[-1] if names else None


def _poll(group: pd.DataFrame) -> str:
    polled = fd_words(group)
    if (group["value"] < 0).all():
        return message("polls {fds}", fds=polled)
    ready = group[(group["value"] >= 0) & (group["value"] & READABLE > 0)]
    if len(group) == 1:
        return (
            message("polls {fds}: it can be read", fds=polled)
            if len(ready)
            else message("polls {fds}: nothing to read", fds=polled)
        )
    if ready.empty:
        return message("polls {fds}: none can be read", fds=polled)
    if len(ready) == len(group):
        return message("polls {fds}: all can be read", fds=polled)
    return message("polls {fds}: {ready} can be read", fds=polled, ready=fd_words(ready))


def _insertion(group: pd.DataFrame) -> str:
    return message_n(
        "queues an entry on the wait queue of {fds}",
        "queues {count} entries, one on the wait queue of each: {fds}",
        count=len(group),
        fds=fd_words(group),
    )


def _removal(group: pd.DataFrame) -> str:
    count = len(group)
    if (group["value"] == Removal.UNSEEN).all():
        return message_n(
            "removes its entry (inline, before the call returned)",
            "removes {count} entries (inline, before the call returned)",
            count=count,
        )
    if (group["value"] == Removal.BY_CALLBACK).all():
        return message_n(
            "the callback removed its entry",
            "the callback removed {count} entries",
            count=count,
        )
    return message_n("removes its entry", "removes {count} entries", count=count)


def _callback(group: pd.DataFrame) -> str:
    return _catalogued(group, _of_fds(group)) or message("runs a callback of the waiter")


def _catalogued(group: pd.DataFrame, fds: Message) -> Message | None:
    """Return the words in the catalogue of hooks for such a step; None if there are none."""
    name = str(group["hook_name"].iloc[0])
    tells = next((hook.tells for hook in hooks() if hook.name == name), "")
    return message(tells, fds=fds) if tells else None


def _of_fds(rows: pd.DataFrame) -> Message:
    return fd_words(rows) if (rows["fd"] >= 0).any() else message("a watched file")


def _sleep(group: pd.DataFrame) -> str:
    timed_out = group["value"].iloc[-1] == 0
    return (
        message("the sleep is over: timed out")
        if timed_out
        else message("the sleep is over: woken")
    )


def _switch_out(group: pd.DataFrame) -> str:
    return (
        message("is preempted")
        if group["value"].iloc[0]
        else message("gives up the CPU and sleeps")
    )


def _function(group: pd.DataFrame) -> str:
    name, fds = str(group["hook_name"].iloc[0]), fd_words(group)
    if name == "fasync_helper" and not group["value"].iloc[0]:
        return message("removes {fds} from its file's list of fds to be signalled", fds=fds)
    return _catalogued(group, fds) or message("enters {name}", name=name)


def _copied_in(group: pd.DataFrame) -> str:
    return message_n(
        "copies {count} byte from the program",
        "copies {count} bytes from the program",
        count=int(group["value"].sum()),
    )


def _copied_out(group: pd.DataFrame) -> str:
    return message_n(
        "copies {count} byte to the program",
        "copies {count} bytes to the program",
        count=int(group["value"].sum()),
    )


def _item(group: pd.DataFrame) -> Message:
    return message("an item of epoll: {fds}", fds=fd_words(group))


def _instance(group: pd.DataFrame) -> Message:
    state = int(group["value"].iloc[-1])
    ready = (
        message("its ready list has fds on it")
        if state & ListState.READY
        else message("its ready list is empty")
    )
    queue = (
        message("a task is on its own queue")
        if state & ListState.SLEEPER
        else message("nobody is on its own queue")
    )
    return message("an epoll instance: {ready}, {queue}", ready=ready, queue=queue)


_WORDS: Final[dict[StepKind, Callable[[pd.DataFrame], str]]] = {
    StepKind.PHASE: lambda group: message(
        "phase {number} begins", number=int(group["value"].iloc[0])
    ),
    StepKind.FD_POLL: _poll,
    StepKind.INSERTION: _insertion,
    StepKind.REMOVAL: _removal,
    StepKind.CALLBACK: _callback,
    StepKind.SLEEP: _sleep,
    StepKind.SWITCH_OUT: _switch_out,
    StepKind.SWITCH_IN: lambda _: message("is on the CPU again"),
    StepKind.WAKEUP: lambda _: message("makes the waiter runnable"),
    StepKind.COPY_IN: _copied_in,
    StepKind.COPY_OUT: _copied_out,
    StepKind.FUNCTION: _function,
    StepKind.ITEM: _item,
    StepKind.INSTANCE: _instance,
    StepKind.USER: lambda group: message(
        "a user's probe: {name}", name=str(group["hook_name"].iloc[0])
    ),
}
