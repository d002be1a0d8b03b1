"""``tracer report``: what a trace holds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tracer.commands.outputs import add_force, check_outputs
from tracer.shared.files import write_text

_EXAMPLES = """\
examples:
  tracer report epoll.trace
  tracer report epoll.trace --json epoll.json
  tracer report epoll.trace --html epoll.html    one file to open in a browser

Losses and misses come first: numbers below them are as good as they are. A missing hook is a
missing column (–), never a zero.
"""  # noqa: RUF001 -- the dash that the tables show


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``report``."""
    parser = subparsers.add_parser(
        "report",
        help="show what a trace holds: calls, passes, entries, callbacks, sleeps, copies, cost",
        description="Show what was recorded, by phase and family of system calls.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("trace", metavar="NAME.trace", type=Path, help="what tracer record wrote")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers as JSON too")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures too")
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # pandas takes half a second to import: the commands that don't need it don't wait for it.
    from analysis.report import report, to_json
    from analysis.windows.recording import open_recording

    check_outputs(args, args.json, args.html)
    trace = open_recording(args.trace)
    if args.json:
        write_text(args.json, json.dumps(to_json(trace), indent=1) + "\n", force=args.force)
    if args.html:
        from analysis.frames import read_trace
        from analysis.page.trace import trace_html

        write_text(args.html, trace_html(read_trace(args.trace)), force=args.force)
    print(report(trace), end="")
    return 0
