"""``tracer compare``: two traces, what differs, by how much, and is that more than their spread."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tracer.commands.outputs import add_force, check_outputs
from tracer.commands.summaries import SUMMARIES
from tracer.shared.files import write_text

_EXAMPLES = """\
examples:
  two models:
    tracer record --kernel 6.1 --model poll --fds 41 -o poll.trace
    tracer record --kernel 6.1 --model epoll --fds 41 -o epoll.trace
    tracer compare poll.trace epoll.trace
  two kernels:
    tracer record --kernel 5.10 --model select --fds 41 -o old.trace
    tracer record --kernel 7.3 --model select --fds 41 -o new.trace
    tracer compare old.trace new.trace --all
  two versions of a program:
    sudo tracer record -o v1.trace -- ./server-v1
    sudo tracer record -o v2.trace -- ./server-v2
    tracer compare v1.trace v2.trace --json v1-v2.json

Phases are matched by name, those left over by their order. Numbers are medians over the calls of
a family; "differs" marks those further apart than the middle half of the calls in either trace.
Where evidence was lost nothing is judged; a missing hook is a missing number, never a zero.

Exit code: 0 whether or not they differ, 2 wrong use, 1 a trace that cannot be read.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``compare``."""
    parser = subparsers.add_parser(
        "compare",
        help=SUMMARIES["compare"],
        description="Compare two traces by phase and family of system calls: calls, passes, "
        "fds polled, entries, callbacks, sleeps, wakeups, bytes, kernel time, with "
        "their spread.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("a", metavar="A.trace", type=Path, help="what tracer record wrote")
    parser.add_argument("b", metavar="B.trace", type=Path, help="what to hold against it")
    parser.add_argument("--all", action="store_true", help="show what is the same, or zero, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all metrics as JSON too")
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from analysis import colour
    from analysis.compare import compare
    from analysis.compare_json import to_json
    from analysis.compare_text import to_text
    from analysis.windows.recording import open_recording

    check_outputs(args, args.json)
    found = compare(open_recording(args.a), open_recording(args.b))
    if args.json:
        text = json.dumps(to_json(found), indent=1, allow_nan=False) + "\n"
        write_text(args.json, text, force=args.force)
    print(to_text(found, args.all, coloured=colour.wanted()), end="")
    return 0
