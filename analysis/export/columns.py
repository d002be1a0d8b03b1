"""The columns of exported calls and steps: types, units, meanings. docs/export.md shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Column:
    """One column of a file.

    ``type`` is int64, uint64, bool or string; ``unit`` is empty where the value is a name or a
    number that counts nothing. What is not known or not there is null.
    """

    name: str
    type: str
    unit: str
    meaning: str


def _times() -> tuple[Column, ...]:
    return (
        Column("enter_ns", "int64", "ns", "entry of the system call, boot clock"),
        Column("exit_ns", "int64", "ns", "return, boot clock; null: unfinished"),
        Column("off_cpu_ns", "int64", "ns", "part of the call that the task was not running"),
        Column("ret", "int64", "", "result or -errno; null: unfinished"),
        Column(
            "timeout_ns",
            "int64",
            "ns",
            "timeout asked for; -1: forever; null: the call has none, or it could not be read",
        ),
    )


def _identity() -> tuple[Column, ...]:
    return (
        Column("pid", "int64", "", "process (tgid)"),
        Column("tid", "int64", "", "thread"),
        Column("seq", "int64", "", "number of the call in its thread, from 1; steps carry it"),
        Column(
            "fd",
            "int64",
            "",
            "read, write, fcntl: the fd; epoll_*: the epoll fd; io_uring_enter: the ring's; "
            "else null",
        ),
        Column("target", "int64", "", "epoll_ctl: the fd added, changed, removed; else null"),
        Column(
            "nr",
            "int64",
            "",
            "select: n; poll: nfds; epoll_wait: maxevents; read, write: bytes; io_submit: iocbs; "
            "io_getevents: most wanted; io_uring_setup: entries; io_uring_enter: submitted; "
            "else null",
        ),
        Column("syscall", "int64", "", "number on x86-64"),
        Column("cpu", "int64", "", "CPU on which the call returned"),
        Column(
            "op",
            "int64",
            "",
            "epoll_ctl: EPOLL_CTL_*; fcntl: F_*; io_uring_enter: completions waited for; else null",
        ),
    )


def _counts() -> tuple[Column, ...]:
    return (
        Column(
            "unseen", "int64", "", "what of the call no program saw, bits; its numbers are null"
        ),
        Column("restarts", "int64", "", "times the kernel began the call anew after a signal"),
        Column("fd_polls", "int64", "polls", "f_op->poll calls: fds polled"),
        Column("passes", "int64", "passes", "times the first file was polled"),
        Column("insertions", "int64", "entries", "entries queued on device wait queues"),
        Column("removals", "int64", "entries", "entries removed from them"),
        Column("callbacks", "int64", "callbacks", "run on this thread's time (waker's side)"),
        Column("notified", "int64", "callbacks", "run on this call's entries (waiter's side)"),
        Column("sleeps", "int64", "switches", "voluntary switches off the CPU"),
        Column("sleep_calls", "int64", "calls", "schedule_hrtimeout_range() calls"),
        Column("preemptions", "int64", "switches", "involuntary switches off the CPU"),
        Column("wakeups", "int64", "wakeups", "sched_waking events for this thread"),
        Column("bytes_in", "int64", "bytes", "copied from user space"),
        Column("bytes_out", "int64", "bytes", "copied to user space"),
    )


CALLS: Final = (
    *_times(),
    *_identity(),
    *_counts(),
    Column("name", "string", "", "system call; null: not one of those traced"),
    Column("family", "string", "", "family of system calls, see design.md"),
    Column("phase", "int64", "", "number of the workload's phase; 0: none"),
    Column("unfinished", "bool", "", "the thread or the recording ended inside the call"),
    Column("wall_ns", "int64", "ns", "exit_ns - enter_ns"),
    Column("kernel_ns", "int64", "ns", "wall_ns - off_cpu_ns"),
    Column("phase_name", "string", "", "name of the phase; null: none, or no workload of ours"),
)
"""Columns of calls, one row per system call, in order of return."""

STEPS: Final = (
    Column("ts_ns", "int64", "ns", "when, boot clock"),
    Column("entry", "uint64", "address", "wait-queue entry; null: the step has none"),
    Column(
        "object",
        "uint64",
        "address",
        "insertion, removal: wait-queue head; fd_poll: struct file; null: none",
    ),
    Column("pid", "int64", "", "process that ran; in a callback that is the waker's"),
    Column("tid", "int64", "", "thread that ran; 0: an idle CPU"),
    Column("owner_pid", "int64", "", "process whose entry or sleep it is; null: not known"),
    Column("owner_tid", "int64", "", "thread whose entry or sleep it is; null: not known"),
    Column("seq", "int64", "", "the running thread's call; 0: in no traced call"),
    Column("fd", "int64", "", "fd it is about; null: not known"),
    Column(
        "value",
        "int64",
        "",
        "fd_poll: poll mask returned; insertion: 1 exclusive; removal: 0 by owner, 1 by callback, "
        "2 unseen; callback: key of the wakeup; sleep: 0 expired, -4 woken; switch_out: "
        "1 preempted; copy_in, copy_out: bytes; phase: its number; function: see the hook; user: "
        "the probe's own; null: not seen, or the kind has none",
    ),
    Column("kind", "int64", "", "what it is, as a number"),
    Column("hook", "int64", "", "number of the hook that saw it; null: none did"),
    Column("cpu", "int64", "", "CPU on which it ran"),
    Column("hook_name", "string", "", "the hook that saw it; null: not in the plan"),
    Column("phase", "int64", "", "number of the workload's phase; 0: none"),
    Column("kind_name", "string", "", "what it is: the kinds named under value"),
    Column("phase_name", "string", "", "name of the phase; null: none, or no workload of ours"),
)
"""Columns of steps, one row per step, in ring order."""


def markdown(columns: tuple[Column, ...]) -> str:
    """Return ``columns`` as the table that docs/export.md shows."""
    rows = [f"| {each.name} | {each.type} | {each.unit} | {each.meaning} |" for each in columns]
    return "\n".join(["| column | type | unit | meaning |", "|---|---|---|---|", *rows])
