"""``tracer top``: what programs' loops do right now, once an interval; nothing is recorded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from tracer.bpf.loaders import LOADERS, Loading
from tracer.commands import whom
from tracer.commands.parser import Commands, add_command
from tracer.recording.sampler import Sampler
from tracer.recording.watch import End
from tracer.shared.ending import as_shell
from tracer.shared.errors import UsageError
from tracer.shared.message import joined, message, message_n
from tracer.shared.output import to_stderr, to_stdout
from tracer.shared.sums import Sample
from tracer.shared.syscalls import by_number

if TYPE_CHECKING:
    from analysis.live.rows import Total, View
    from analysis.live.signs import Sign

_EXAMPLES = """\
examples:
  sudo tracer top -p "$(pidof redis-server)"
  sudo tracer top --cgroup system.slice/nginx.service --interval 5
  sudo tracer top --count 10 --json -- ./my-server | jq .signs

Totals by thread, fd and system call are kept in the kernel; no call writes a record, so it can be
left running. A loop's row shows waits per second; events per wait that had any; the share of waits
that were empty, had a timeout of 0, slept; wakeups per second; kernel time per wait; and how long
the thread was away between two waits (the 99th percentile, at most twice too large, and the longest
so far). Problems are shown at the top. Without a terminal, intervals are printed one below the
other. Ctrl-C ends it; tracer record and tracer report give more detail. Exit code: 0 done, 1 if it
failed, 2 for wrong usage, otherwise COMMAND's own.
"""


def add_parser(subparsers: Commands) -> None:
    """Add ``top``."""
    parser = add_command(
        subparsers,
        "top",
        usage="tracer top (-p PID | --comm NAME | --cgroup PATH | -a) [options]\n"
        "       tracer top [options] -- COMMAND ...",
        description="Show once a second what a program's event loops are doing: waits, events, "
        "empty returns, hold-ups, hot fds.",
        epilog=_EXAMPLES,
    )
    whom.add_options(parser)
    add = parser.add_argument_group("display").add_argument
    add("--interval", type=float, default=1.0, metavar="S", help="seconds between updates (1)")
    add("--count", type=int, metavar="N", help="stop after this many updates (default: never)")
    add(
        "--json",
        action="store_true",
        help="print one JSON object per interval, one per line (docs/top.md)",
    )
    add("--loader", choices=LOADERS, default="auto", help="see tracer record --help")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="what to run, after --")
    parser.set_defaults(run=_run, kernel=None)


def _run(args: argparse.Namespace) -> int:
    if args.count is not None and args.count < 1:
        raise UsageError(message("--count {n}: needed: at least 1", n=args.count))
    watched = whom.watched(args)
    if (watched is not None) == bool(args.command):
        raise UsageError(
            "name one of: a command (-- COMMAND), something running (-p PID, -t TID, --comm "
            "NAME, --cgroup PATH, -a)"
        )
    whom.check_started(args.command)
    how, client = whom.how(args), whom.client(args)
    with Sampler(Loading(args.loader)) as sampler:
        if watched:
            samples = sampler.of_watched(watched, args.interval, how, client)
        else:
            samples = sampler.of_command(args.command, args.interval, how, client)
        with closing(samples):
            head, found, whole = _show(args, islice(samples, args.count))
        _conclude(head, sampler.end, found, whole)
        return _exit_code(sampler, watched is None)


def _show(args: argparse.Namespace, samples: Iterator[Sample]) -> tuple[str, Sequence[Sign], View]:
    """Show the samples; return their totals: the head, what is wrong, the rows."""
    from analysis.live.document import document
    from analysis.live.rows import Call, Total, View, loops, others
    from analysis.live.screen import screen
    from analysis.live.signs import signs
    from tracer.commands.livenames import LiveNames

    calls = {number: Call(call.name, call.family) for number, call in by_number().items()}
    names, total, lost = LiveNames(), Total(), 0
    whole, found = View((), (), names.name, names.comm), []

    def view(sums: Any, seconds: float) -> View:
        rows = list(sums)
        return View(
            loops(rows, calls, seconds), others(rows, calls, seconds), names.name, names.comm
        )

    with _display(args) as display:
        for sample in samples:
            total.add(sample, sample.seconds)
            lost = sample.lost
            whole = view(total.sums.items(), total.seconds)
            found = signs(whole.loops, whole.others)
            shown = view(sample, sample.seconds)
            if args.json:
                to_stdout(json.dumps(document(sample.seconds, sample.lost, shown, found)))
            else:
                display(screen(_head(total, lost), shown, found))
    return _head(total, lost), found, whole


def _conclude(head: str, end: End | None, found: Sequence[Sign], whole: View) -> None:
    """Print at the end how long it took, why it ended, and what is wrong."""
    from analysis.live.screen import sign_lines
    from tracer.recording.summary import ended

    why = message("ended by --count") if end is None else ended(end)
    to_stderr(joined("; ", (head, why)))
    for line in sign_lines(found, whole):
        to_stderr(line)


@contextmanager
def _display(args: argparse.Namespace) -> Iterator[Any]:
    """Yield a function that shows a screen: in place on a terminal, else one below the other."""
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False, markup=False, emoji=False)
    if args.json or not sys.stdout.isatty():
        yield console.print
        return
    with Live(console=console, auto_refresh=False, screen=False, vertical_overflow="crop") as live:
        yield lambda shown: live.update(shown, refresh=True)


def _head(total: Total, lost: int) -> str:
    from tracer.shared.message import localized

    threads = len({key.tid for key in total.sums})
    calls = sum(each["calls"] for each in total.sums.values())
    return localized(
        message(
            "{seconds:,.0f} s, {threads}, {calls}, {lost:,} lost",
            seconds=total.seconds,
            threads=message_n("{count:,} thread", "{count:,} threads", count=threads),
            calls=message_n("{count:,} call", "{count:,} calls", count=calls),
            lost=lost,
        )
    )


def _exit_code(sampler: Sampler, own_command: bool) -> int:
    status = sampler.exit_status
    if own_command and sampler.end is End.ENDED and status:
        return as_shell(status)
    return 0
