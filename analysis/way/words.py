"""Plain words for the ends of system calls, and for what hangs while they last."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from tracer.shared.records import TIMEOUT_INFINITE
from tracer.shared.say import Said, say, say_n

NS_PER_MS: Final = 1_000_000
_F_SETFL, _F_SETSIG, _F_SETOWN = 4, 10, 8
_ADD, _DEL = 1, 2
READY: Final = ("poll", "select", "epoll_wait")


def begins(call: Mapping[str, Any]) -> Said:
    """Return what a call asks for; ``call`` is a row of the calls frame."""
    of_family = _BEGINS.get(call["family"])
    return of_family(call) if of_family else _timed(_on_fds(call), call)


def _on_fds(call: Mapping[str, Any]) -> Said:
    family, name = call["family"], str(call["name"])
    if family in ("poll", "io_submit"):
        return say_n("calls {name} on {count} fd", "calls {name} on {count} fds",
                     count=int(call["nr"]), name=name)  # fmt: skip
    if family == "select":
        return say("calls {name} on fds below {n}", name=name, n=int(call["nr"]))
    if call["fd"] >= 0:
        return say("calls {name} on fd {fd}", name=name, fd=int(call["fd"]))
    return say("calls {name}", name=name)


def _timed(words: Said, call: Mapping[str, Any]) -> Said:
    timeout_ns = int(call["timeout_ns"])
    if timeout_ns >= 0:
        ms = f"{timeout_ns / NS_PER_MS:.3g}"
        return say("{calls}, to wait for {ms} ms at most", calls=words, ms=ms)
    if timeout_ns == TIMEOUT_INFINITE:
        return say("{calls}, to wait as long as it takes", calls=words)
    return words


def _epoll_ctl(call: Mapping[str, Any]) -> Said:
    values = {"target": int(call["target"]), "fd": int(call["fd"])}
    op = int(call["op"])
    if op == _ADD:
        return say("calls epoll_ctl: epoll fd {fd} is to watch fd {target}", **values)
    if op == _DEL:
        return say("calls epoll_ctl: epoll fd {fd} is to watch fd {target} no more", **values)
    return say("calls epoll_ctl: epoll fd {fd} is to watch fd {target} anew", **values)


def _fcntl(call: Mapping[str, Any]) -> Said:
    fd, op = int(call["fd"]), int(call["op"])
    if op == _F_SETFL:
        return say("calls fcntl: sets the flags of fd {fd} (O_ASYNC)", fd=fd)
    if op == _F_SETSIG:
        return say("calls fcntl: chooses the signal of fd {fd}", fd=fd)
    if op == _F_SETOWN:
        return say("calls fcntl: says who gets the signals of fd {fd}", fd=fd)
    return say("calls fcntl on fd {fd}", fd=fd)


def _uring(call: Mapping[str, Any]) -> Said:
    submitted, waits_for = int(call["nr"]), int(call["op"])
    asked = say_n("{count} request", "{count} requests", count=submitted)
    wanted = say_n("{count} completion", "{count} completions", count=waits_for)
    if submitted and waits_for:
        return say("calls io_uring_enter: {asked}, waits for {wanted}", asked=asked, wanted=wanted)
    if waits_for:
        return say("calls io_uring_enter: waits for {wanted}", wanted=wanted)
    return say("calls io_uring_enter: {asked}", asked=asked)


_BEGINS: Final = {"epoll_ctl": _epoll_ctl, "fcntl": _fcntl, "io_uring_enter": _uring}


def returns(call: Mapping[str, Any]) -> Said:
    """Return what a finished call gave."""
    family, name, ret = call["family"], str(call["name"]), int(call["ret"])
    if ret < 0:
        error = errno.errorcode.get(-ret, "?")
        return say("returns from {name}: {error}", name=name, error=error)
    if family in READY and not ret:
        return say("returns 0 from {name}: nothing is ready", name=name)
    if family == "rt_sigtimedwait":
        return say("returns from {name}: signal {ret} came", name=name, ret=ret)
    if family == "io_uring_enter":
        return _uring_returns(call)
    if family in READY:
        gave = say_n("{count} fd is ready", "{count} fds are ready", count=ret)
    elif family in ("read", "write", "splice") and not name.endswith("mmsg"):
        gave = say_n("{count} byte", "{count} bytes", count=ret)
    elif family == "io_getevents":
        gave = say_n("{count} event", "{count} events", count=ret)
    else:
        return say("returns {ret} from {name}", ret=ret, name=name)
    return say("returns from {name}: {gave}", name=name, gave=gave)


def _uring_returns(call: Mapping[str, Any]) -> Said:
    if call["nr"]:
        return say_n("returns from io_uring_enter: {count} request was taken",
                     "returns from io_uring_enter: {count} requests were taken",
                     count=int(call["ret"]))  # fmt: skip
    return say("returns from io_uring_enter: what it waited for is there")


def wakes(owner_tid: int) -> Said:
    """Return the words for a wakeup of another task than the waiter."""
    return say("makes task {tid} runnable", tid=owner_tid)


def inlined(names: str) -> Said:
    """Return the words for a hook that sits on the enclosing function."""
    return say("begins its work; inlined into this function: {names}", names=names)


def entries(count: int, fds: Said, family: str) -> Said:
    """Return what a bar of hanging entries says; ``family`` of the call that hung them."""
    if family == "epoll_ctl":
        return say_n(
            "an entry, queued by epoll_ctl on the wait queue of {fds}",
            "{count} entries, queued by epoll_ctl on the wait queues of {fds}",
            count=count, fds=fds,
        )  # fmt: skip
    return say_n(
        "an entry on the wait queue of {fds}", "{count} entries on the wait queues of {fds}",
        count=count, fds=fds,
    )  # fmt: skip


def not_seen_off(words: Said) -> Said:
    """Return ``words`` for entries whose callback ran, and which no hook saw come off."""
    return say("{entries}, not seen to be removed", entries=words)


def others_entries(count: int) -> Said:
    """Return what the bar of entries that nobody called says."""
    return say_n(
        "an entry of another task on the same queue: it is not called",
        "{count} entries of other tasks on the same queue: they are not called",
        count=count,
    )


def on_ready_list(fds: Said) -> Said:
    """Return what the bar of an fd on the ready list says."""
    return say("{fds} on the ready list of its epoll instance", fds=fds)


def own_entry() -> Said:
    """Return what the bar of the waiter's entry on an epoll instance's own queue says."""
    return say("the waiter's own entry, on the epoll instance's own queue")


def task_words(tid: int, seqs: pd.Series[int], is_workloads: bool) -> Said:
    """Return what kind of task a waker is, as far as the trace tells; ``seqs`` of its steps."""
    if (seqs > 0).all():
        return say("the workload's waker") if is_workloads else say("a task in a system call")
    if tid == 0:
        return say("an interrupt, while the CPU was idle")
    return say("outside of any traced call: an interrupt, or a thread of the kernel")
