"""The options of ``record`` that describe a workload."""

from __future__ import annotations

import argparse
from typing import Any, Final

from tracer.shared.errors import UsageError
from tracer.shared.message import joined, message
from tracer.workloads.registry import WORKLOADS

_PHASE_OPTIONS: Final = (
    "fds", "active", "position", "rounds", "fd_kind", "waker", "delay_ms", "trigger", "shot", "io",
    "link", "link_delay_ms", "link_jitter_ms", "link_loss_percent",
)  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe a workload, and the list of workloads."""
    add = parser.add_argument_group("workload").add_argument
    add("--model", metavar="MODEL", help="one of the models below")
    add("--fds", type=int, metavar="N", help="number of fds watched (1)")
    add("--active", type=int, metavar="K", help="number of fds made ready in each round (1)")
    add("--position", metavar="P", help="where those are in scan order: first, middle, last")
    add("--rounds", type=int, metavar="R", help="number of rounds (23)")
    add("--fd-kind", metavar="KIND", help="unix, tcp, pipe or eventfd (unix)")
    add(
        "--timeout",
        metavar="MS",
        help="timeout of each wait in ms; 0: don't wait; none: forever (none)",
    )
    add(
        "--waker",
        metavar="W",
        help="before: data is there before each call; while-asleep: a second process writes once "
        "the call is asleep; none: nobody writes",
    )
    add(
        "--delay-ms",
        type=int,
        metavar="MS",
        help="while-asleep: how long the call sleeps before the write (20)",
    )
    add("--trigger", metavar="T", help="epoll: level, edge, oneshot or exclusive (level)")
    add("--shot", metavar="S", help="io-uring: oneshot or multishot (oneshot)")
    _add_network(parser)
    parser.add_argument_group("models", description=_models())


def _add_network(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("server and link").add_argument
    add("--io", metavar="IO", help="server: select, poll, epoll, nonblocking or blocking (epoll)")
    add("--link", metavar="L", help="what TCP runs over: loopback, lan or wan (loopback)")
    add(
        "--link-delay",
        dest="link_delay_ms",
        type=int,
        metavar="MS",
        help="wan: delay of a packet, each direction (20)",
    )
    add(
        "--link-jitter",
        dest="link_jitter_ms",
        type=int,
        metavar="MS",
        help="wan: variation of the delay (2)",
    )
    add(
        "--link-loss",
        dest="link_loss_percent",
        type=int,
        metavar="PERCENT",
        help="wan: percentage of packets lost, each direction (0)",
    )


def _models() -> str:
    """Return a line for each workload, in the order of the registry."""
    width = max(map(len, WORKLOADS))
    rows = (
        message("{name} {summary}", name=f"{row.name:{width}}", summary=row.summary)
        for row in WORKLOADS.values()
    )
    return joined("\n", rows)


def phase(args: argparse.Namespace) -> dict[str, Any] | None:
    """Return the phase that ``args`` describe, as spec.parse takes it; None: no workload.

    UsageError: options of a model, but no model.
    """
    given = {
        name: getattr(args, name) for name in _PHASE_OPTIONS if getattr(args, name) is not None
    }
    if args.timeout is not None:
        given["timeout_ms"] = _timeout(args.timeout)
    if args.model is None:
        if given:
            names = ", ".join(map(_option, given))
            raise UsageError(
                message("{names}: only for a workload; name one with --model", names=names)
            )
        return None
    return {"model": args.model, **given}


def _option(field: str) -> str:
    name = field.replace("_", "-")
    return "--" + (name.rpartition("-")[0] if field.startswith("link_") else name)


def _timeout(text: str) -> int | None:
    if text == "none":
        return None
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(
            message("--timeout {text}: needed: milliseconds, or none", text=text)
        ) from error
