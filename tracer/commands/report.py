"""``tracer report``: what a trace holds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

_EXAMPLES = """\
examples:
  tracer report epoll.trace
  tracer report epoll.trace --json epoll.json
  tracer report epoll.trace --html epoll.html    one file to look at in a browser

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
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # pandas takes half a second to import: the commands that don't need it don't wait for it.
    from analysis.frames import read_trace
    from analysis.report import report, to_json

    trace = read_trace(args.trace)
    if args.json:
        args.json.write_text(json.dumps(to_json(trace), indent=1) + "\n")
    if args.html:
        from analysis.page.trace import trace_html

        args.html.write_text(trace_html(trace), encoding="utf-8")
    print(report(trace), end="")
    return 0
