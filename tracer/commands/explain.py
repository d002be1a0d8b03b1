"""``tracer explain``: the way of one event, from the device to the program."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tracer.commands.outputs import add_force, check_outputs
from tracer.shared.errors import UsageError
from tracer.shared.files import write_text
from tracer.shared.message import message

_EXAMPLES = """\
examples:
  tracer record --kernel 6.1 --model epoll --fds 41 --waker while-asleep --detail steps
  tracer explain epoll.trace                 the first call that slept and was woken
  tracer explain epoll.trace --phase 1
  tracer explain epoll.trace --html call.html one file to open in a browser
  tracer explain epoll.trace --call 71:305   call number 305 of task 71
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``explain``."""
    parser = subparsers.add_parser(
        "explain",
        help="tell the timeline of one call in the kernel, waiter and waker, in plain words",
        description="Tell what the kernel did for one call: who ran what, where the entry was "
        "queued, what was copied. Needs a trace of --detail steps.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("trace", metavar="NAME.trace", type=Path, help="what tracer record wrote")
    parser.add_argument("--phase", type=int, metavar="N", help="take a call of this phase")
    parser.add_argument("--call", metavar="TID:SEQ", help="take this call")
    parser.add_argument(
        "--plain", action="store_true", help="one table, as in a terminal too narrow for two lanes"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the picture as a page too")
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from analysis import colour
    from analysis.tables import terminal_width
    from analysis.timeline import timeline_of
    from analysis.timeline.lanes import NARROWEST, timeline_lanes
    from analysis.timeline.text import timeline_table
    from analysis.windows.recording import open_recording

    check_outputs(args, args.html)
    timeline = timeline_of(open_recording(args.trace), args.phase, _call(args.call))
    if args.html:
        from analysis.page.timeline_page import timeline_page

        write_text(args.html, timeline_page(timeline), force=args.force)
    width = terminal_width()
    if args.plain or width < NARROWEST:
        print(timeline_table(timeline, width))
    else:
        print(timeline_lanes(timeline, width, colour.wanted()))
    return 0


def _call(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    numbers = re.fullmatch(r"(\d+):(\d+)", text)
    if not numbers:
        raise UsageError(
            message("--call {text}: needed TID:SEQ, two numbers, as in 71:305", text=text)
        )
    return int(numbers[1]), int(numbers[2])
