"""``tracer compare``: how two traces differ, by how much, and whether that exceeds their spread."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from tracer.commands.outputs import add_force, check_outputs
from tracer.commands.parser import Commands, add_command
from tracer.shared.errors import UsageError
from tracer.shared.files import write_text
from tracer.shared.heap import keep_freed_memory
from tracer.shared.message import message

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
  one program among those recorded:
    tracer compare v1.trace v2.trace --who redis-server
  several recordings of each, with the spread between them:
    tracer compare a1.trace a2.trace a3.trace --against b1.trace b2.trace b3.trace
  a page for a browser:
    tracer compare v1.trace v2.trace --html v1-v2.html

Phases are matched by name, the rest by order. Numbers are medians over the calls of a family;
"differs" marks medians that are further apart than the middle half of the calls in either trace,
or, with several recordings of each, further apart than the recordings of either side.
Findings of tracer report that appeared or disappeared are listed first. Where evidence was lost,
nothing is judged; a missing hook means a missing number, never a zero.

Exit code: 0 whether or not they differ, 1 if a trace cannot be read, 2 for wrong usage.
"""


def add_parser(subparsers: Commands) -> None:
    """Add ``compare``."""
    parser = add_command(
        subparsers,
        "compare",
        description="Compare two traces by phase and family of system calls: calls, passes, fds "
        "polled, entries, callbacks, sleeps, wakeups, bytes and kernel time, each with its "
        "spread, and the cost of an event and of a request.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("traces", metavar="A.trace B.trace", nargs="+", type=Path,
        help="two traces written by tracer record; with --against, all of these are A")  # fmt: skip
    add(
        "--against",
        metavar="B.trace",
        nargs="+",
        type=Path,
        help="recordings of B, to compare with the traces named before; with several, the spread "
        "is between recordings",
    )
    add("--who", metavar="PROGRAM,…", help="count only the calls of these programs")
    add("--all", action="store_true", help="also show what is the same, or zero")
    add("--json", type=Path, metavar="FILE", help="also write all metrics as JSON")
    add(
        "--html", type=Path, metavar="FILE", help="also write a page with the spread of each metric"
    )
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from analysis.comparison.as_json import to_json
    from analysis.comparison.compare import compare
    from analysis.comparison.text import to_text
    from analysis.terminal import colour
    from analysis.windows.recording import open_recording

    keep_freed_memory()
    check_outputs(args, args.json, args.html)
    of_a, of_b = _sides(args.traces, args.against)
    who = args.who.split(",") if args.who else ()
    found = compare([*map(open_recording, of_a)], [*map(open_recording, of_b)], who)
    if args.json:
        text = json.dumps(to_json(found), indent=1, allow_nan=False) + "\n"
        write_text(args.json, text, force=args.force)
    if args.html:
        from analysis.page.comparison import comparison_html

        write_text(args.html, comparison_html(found), force=args.force)
    print(to_text(found, args.all, coloured=colour.wanted()), end="")
    return 0


def _sides(
    traces: Sequence[Path], against: Sequence[Path] | None
) -> tuple[Sequence[Path], Sequence[Path]]:
    """Return the traces of A and those of B."""
    if against is not None:
        return traces, against
    if len(traces) == 2:
        return traces[:1], traces[1:]
    raise UsageError(
        message(
            "traces found: {count}; needed two, or several for each side: "
            "tracer compare A1.trace A2.trace --against B1.trace B2.trace",
            count=len(traces),
        )
    )
