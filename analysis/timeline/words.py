"""Plain words for begin and return of system calls, and for what is queued meanwhile."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from analysis.fds.words import fd_and_name
from tracer.shared.clock import NS_PER_MS
from tracer.shared.message import Message, message, message_n
from tracer.shared.records import TIMEOUT_INFINITE
from tracer.shared.syscalls import EPOLL_CTL_ADD, EPOLL_CTL_DEL

_F_SETFL, _F_SETSIG, _F_SETOWN = 4, 10, 8
READY: Final = ("poll", "select", "epoll_wait")


def begins(call: Mapping[str, Any]) -> Message:
    """Return what a call requests; ``call`` is a row of the calls frame."""
    of_family = _BEGINS.get(call["family"])
    return of_family(call) if of_family else _timed(_on_fds(call), call)


def _on_fds(call: Mapping[str, Any]) -> Message:
    family, name = call["family"], str(call["name"])
    if family in ("poll", "io_submit"):
        return message_n("calls {name} on {count} fd", "calls {name} on {count} fds",
                     count=int(call["nr"]), name=name)  # fmt: skip
    if family == "select":
        return message("calls {name} on fds below {n}", name=name, n=int(call["nr"]))
    if call["fd"] >= 0:
        return message("calls {name} on {fd}", name=name, fd=_named(call, "fd"))
    return message("calls {name}", name=name)


def _named(call: Mapping[str, Any], column: str) -> Message:
    """Return the fd in ``column`` of a call, and what is behind it if that is known."""
    return fd_and_name(int(call[column]), call.get(f"{column}_name"))


def _timed(words: Message, call: Mapping[str, Any]) -> Message:
    timeout_ns = int(call["timeout_ns"])
    if timeout_ns >= 0:
        ms = f"{timeout_ns / NS_PER_MS:.3g}"
        return message("{calls}, to wait for {ms} ms at most", calls=words, ms=ms)
    if timeout_ns == TIMEOUT_INFINITE:
        return message("{calls}, to wait as long as it takes", calls=words)
    return words


def _epoll_ctl(call: Mapping[str, Any]) -> Message:
    values = {"target": _named(call, "target"), "fd": _named(call, "fd")}
    op = int(call["op"])
    if op == EPOLL_CTL_ADD:
        return message("calls epoll_ctl: epoll {fd} is to watch {target}", **values)
    if op == EPOLL_CTL_DEL:
        return message("calls epoll_ctl: epoll {fd} is to stop watching {target}", **values)
    return message("calls epoll_ctl: changes how epoll {fd} watches {target}", **values)


def _fcntl(call: Mapping[str, Any]) -> Message:
    fd, op = int(call["fd"]), int(call["op"])
    if op == _F_SETFL:
        return message("calls fcntl: sets the flags of fd {fd} (O_ASYNC)", fd=fd)
    if op == _F_SETSIG:
        return message("calls fcntl: chooses the signal of fd {fd}", fd=fd)
    if op == _F_SETOWN:
        return message("calls fcntl: says who gets the signals of fd {fd}", fd=fd)
    return message("calls fcntl on fd {fd}", fd=fd)


def _uring(call: Mapping[str, Any]) -> Message:
    submitted, waits_for = int(call["nr"]), int(call["op"])
    requests = message_n("{count} request", "{count} requests", count=submitted)
    wanted = message_n("{count} completion", "{count} completions", count=waits_for)
    if submitted and waits_for:
        return message(
            "calls io_uring_enter: {requests}, waits for {wanted}", requests=requests, wanted=wanted
        )
    if waits_for:
        return message("calls io_uring_enter: waits for {wanted}", wanted=wanted)
    return message("calls io_uring_enter: {requests}", requests=requests)


_BEGINS: Final = {"epoll_ctl": _epoll_ctl, "fcntl": _fcntl, "io_uring_enter": _uring}


def returns(call: Mapping[str, Any]) -> Message:
    """Return the result of a finished call in words."""
    family, name, ret = call["family"], str(call["name"]), int(call["ret"])
    if ret < 0:
        error = errno.errorcode.get(-ret, "?")
        return message("returns from {name}: {error}", name=name, error=error)
    if family in READY and not ret:
        return message("returns 0 from {name}: nothing is ready", name=name)
    if family == "rt_sigtimedwait":
        return message("returns from {name}: signal {ret} arrived", name=name, ret=ret)
    if family == "io_uring_enter":
        return _uring_returns(call)
    if family in READY:
        gave = message_n("{count} fd is ready", "{count} fds are ready", count=ret)
    elif family in ("read", "write", "splice") and not name.endswith("mmsg"):
        gave = message_n("{count} byte", "{count} bytes", count=ret)
    elif family == "io_getevents":
        gave = message_n("{count} event", "{count} events", count=ret)
    else:
        return message("returns {ret} from {name}", ret=ret, name=name)
    return message("returns from {name}: {gave}", name=name, gave=gave)


def _uring_returns(call: Mapping[str, Any]) -> Message:
    if call["nr"]:
        return message_n("returns from io_uring_enter: {count} request was taken",
                     "returns from io_uring_enter: {count} requests were taken",
                     count=int(call["ret"]))  # fmt: skip
    return message("returns from io_uring_enter: what it waited for is there")


def wakes(owner_tid: int) -> Message:
    """Return the words for a wakeup of another task than the waiter."""
    return message("makes task {tid} runnable", tid=owner_tid)


def inlined(names: str) -> Message:
    """Return the words for a hook that is attached to the enclosing function."""
    return message("begins its work; inlined into this function: {names}", names=names)


def entries(count: int, fds: Message, family: str) -> Message:
    """Return the words for a bar of queued entries; ``family``: of the call that queued them."""
    if family == "epoll_ctl":
        return message_n(
            "an entry, queued by epoll_ctl on the wait queue of {fds}",
            "{count} entries, queued by epoll_ctl on the wait queues of {fds}",
            count=count, fds=fds,
        )  # fmt: skip
    return message_n(
        "an entry on the wait queue of {fds}", "{count} entries on the wait queues of {fds}",
        count=count, fds=fds,
    )  # fmt: skip


def not_seen_off(words: Message) -> Message:
    """Return ``words`` for entries whose callback ran, and whose removal no hook saw."""
    return message("{entries}, not seen to be removed", entries=words)


def others_entries(count: int) -> Message:
    """Return the words for a bar of entries without callbacks."""
    return message_n(
        "an entry of another task on the same queue: not called",
        "{count} entries of other tasks on the same queue: not called",
        count=count,
    )


def on_ready_list(fds: Message) -> Message:
    """Return the words for the bar of an fd on the ready list."""
    return message("{fds} on the ready list of its epoll instance", fds=fds)


def own_entry() -> Message:
    """Return the words for the bar of the waiter's entry on an epoll instance's own queue."""
    return message("the waiter's own entry, on the epoll instance's own queue")


def task_words(tid: int, seqs: pd.Series[int], is_workloads: bool) -> Message:
    """Return what kind of task a waker is, as far as the trace tells; ``seqs``: of its steps."""
    if (seqs > 0).all():
        return (
            message("the workload's waker") if is_workloads else message("a task in a system call")
        )
    if tid == 0:
        return message("an interrupt, while the CPU was idle")
    return message("outside any traced call: an interrupt, or a kernel thread")
