"""Options of ``record``: what to watch, as which user a command runs, and when to end."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final

from tracer.recording.client import Client
from tracer.recording.launch import check_command
from tracer.recording.subject import How
from tracer.recording.user import user_named
from tracer.recording.watched import Watched, checked
from tracer.shared.errors import UsageError
from tracer.shared.message import joined, message

_KINDS: Final = {"pid": "-p", "tid": "-t", "comm": "--comm", "cgroup": "--cgroup", "all": "-a"}
WHOM: Final = """\
COMMAND after --, or something already running. Attaching stops nothing and sends no signal; it
covers all threads and whatever they start (-t: that thread alone), and leaves them running when
tracing ends. A call already under way when tracer attached has no counts. Ctrl-C ends tracing
cleanly. For a container, give its cgroup: the path on the 0:: line of /proc/PID/cgroup, PID being
one of its processes (docker inspect -f '{{.State.Pid}}' NAME).
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them, in a group of their own."""
    add = parser.add_argument_group("what to watch", description=WHOM).add_argument
    add("-p", "--pid", metavar="PID,…", help="running processes, by pid")
    add("-t", "--tid", metavar="TID,…", help="single running threads, by tid")
    add("--comm", metavar="NAME", help="tasks with this name (/proc/PID/comm), now or later")
    add("--cgroup", metavar="PATH", help="tasks in this cgroup (version 2) or below it")
    add("-a", "--all", action="store_true", help="all tasks except tracer itself")
    add("-u", "--user", metavar="USER", help="run COMMAND as this user")
    add("--no-follow", action="store_true", help="do not follow new threads and child processes")
    add(
        "--duration",
        type=float,
        metavar="S",
        help="end cleanly after this many seconds",
    )
    add(
        "--with",
        dest="client",
        metavar="CLIENT",
        help="a load generator, quoted as one word; it starts when the server is ready, is not "
        "traced, and tracing ends when it exits",
    )
    add("--ready", metavar="PORT|PATH", help="when to start --with: once something listens on "
    "this TCP port or unix socket, or this file exists")  # fmt: skip


def watched(args: argparse.Namespace) -> Watched | None:
    """Return which running tasks to watch, None if none were named.

    Raises:
        UsageError: several kinds, or there is no such task.
    """
    given = {kind: value for kind in _KINDS if (value := getattr(args, kind))}
    if len(given) > 1:
        options = joined(", ", [_KINDS[kind] for kind in given])
        raise UsageError(message("{options}: give one of them", options=options))
    for kind, value in given.items():
        _check_beside(kind, args)
        return checked(Watched(kind, _values(kind, value), follow=not args.no_follow))
    return None


def _values(kind: str, value: Any) -> tuple[str, ...]:
    if kind == "all":
        return ()
    return tuple(value.split(",")) if kind in ("pid", "tid") else (value,)


def _check_beside(kind: str, args: argparse.Namespace) -> None:
    """Refuse options that make no sense with tasks that run already."""
    option = _KINDS[kind]
    if args.kernel:
        raise UsageError(
            message(
                "{option}: not with --kernel; nothing is running in the lab's guest yet: start "
                "it with --kernel K -- COMMAND",
                option=option,
            )
        )
    if args.user:
        raise UsageError(
            message("-u needs a command; {option} watches what is already running", option=option)
        )
    if kind == "all" and args.client:
        raise UsageError("-a with --with: the client would be watched too")


def how(args: argparse.Namespace) -> How:
    """Return how a command is recorded.

    Raises:
        UsageError: no such user, or not a time.
    """
    if args.duration is not None and args.duration <= 0:
        raise UsageError(message("--duration {s:g}: needed: seconds, more than 0", s=args.duration))
    user = user_named(args.user) if args.user else None
    return How(user, not args.no_follow, args.duration)


def client(args: argparse.Namespace) -> Client | None:
    """Return the load generator, if one was requested.

    Raises:
        UsageError: it cannot be run, or when to start it is not known.
    """
    if not args.client:
        if args.ready:
            raise UsageError("--ready says when --with starts; name a client with --with")
        return None
    if args.command and not args.ready:
        raise UsageError(
            "--with needs --ready PORT or PATH, to know when the command accepts clients"
        )
    return Client(args.client, args.ready)


def check_started(command: Sequence[str]) -> None:
    """Raise UsageError, before anything is attached, if there is no such command."""
    if command:
        check_command(command)


def check_unused(args: argparse.Namespace) -> None:
    """Raise UsageError if options for a user's program are given with a workload of ours."""
    given = {
        "-u": args.user, "--no-follow": args.no_follow, "--duration": args.duration,
        "--with": args.client, "--ready": args.ready,
    }  # fmt: skip
    if names := ", ".join(name for name, value in given.items() if value):
        raise UsageError(
            message("{names}: only for your own program, not for --model", names=names)
        )
