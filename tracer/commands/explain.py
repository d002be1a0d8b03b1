"""``tracer explain``: the timeline of one call, from the device to the program."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tracer.commands.outputs import add_force, check_outputs
from tracer.commands.parser import Commands, add_command
from tracer.shared.errors import UsageError
from tracer.shared.files import write_text
from tracer.shared.heap import keep_freed_memory
from tracer.shared.message import message

_EXAMPLES = """\
examples:
  tracer record --kernel 6.1 --model epoll --fds 41 --waker while-asleep --detail steps
  tracer explain epoll.trace                 the first call that slept and was woken
  tracer explain epoll.trace --list          other calls worth seeing, with the command for each
  tracer explain epoll.trace --slowest       the call that took longest in the kernel
  tracer explain epoll.trace --empty         one that returned nothing
  tracer explain server.trace --fd 7         one that found fd 7 ready, or is about it
  tracer explain server.trace --fd :6379     the same, naming the fd by address, path, or "epoll"
  tracer explain epoll.trace --phase 1
  tracer explain epoll.trace --html call.html one file for a browser
  tracer explain epoll.trace --call 71:305   call number 305 of task 71

Calls that wait for many fds are preferred (epoll_wait, poll, select, ...), above all those that
slept and were woken through their entry; then reads that wait. Reads of files are never chosen.
Options can be combined: --fd 7 --slowest.
"""


def add_parser(subparsers: Commands) -> None:
    """Add ``explain``."""
    parser = add_command(
        subparsers,
        "explain",
        description="Show what the kernel did for one call: who ran what, where the entry was "
        "queued, what was copied. Needs a trace recorded with --detail steps.",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "trace", metavar="NAME.trace", type=Path, help="a trace written by tracer record"
    )
    add = parser.add_argument
    add(
        "--list",
        action="store_true",
        help="list the calls worth seeing, and the option that shows each",
    )
    add("--slowest", action="store_true", help="take the call that took longest in the kernel, "
    "excluding time asleep")  # fmt: skip
    add("--empty", action="store_true", help="take one that returned nothing: no fd ready, or "
    "EAGAIN")  # fmt: skip
    add("--fd", metavar="N|NAME", help="take one about this fd: its number, or part of its name, "
    "such as an address or a path")  # fmt: skip
    add("--phase", metavar="N|NAME", help="take a call of this phase, given by number or name")
    add("--call", metavar="TID:SEQ", help="take this call")
    parser.add_argument(
        "--plain",
        action="store_true",
        help="print one table, as in a terminal too narrow for two lanes",
    )
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="also write the picture as a page"
    )
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from analysis.terminal import colour
    from analysis.terminal.tables import terminal_width
    from analysis.timeline import Wanted, timeline_of
    from analysis.timeline.lanes import NARROWEST, timeline_lanes
    from analysis.timeline.phases import requested_phase
    from analysis.timeline.text import timeline_table
    from analysis.windows.recording import open_recording

    keep_freed_memory()
    check_outputs(args, args.html)
    _check_options(args)
    call, width = _call(args.call), terminal_width()
    recording = open_recording(args.trace)
    phase = None if args.phase is None else requested_phase(recording, args.phase)
    wanted = Wanted(phase=phase, fd=args.fd, empty=args.empty, slowest=args.slowest)
    if args.list:
        from analysis.timeline.offered import offered

        print(offered(recording, wanted, width))
        return 0
    timeline = timeline_of(recording, wanted, call)
    if args.html:
        from analysis.page.timeline_page import timeline_page

        write_text(args.html, timeline_page(timeline), force=args.force)
    if args.plain or width < NARROWEST:
        print(timeline_table(timeline, width))
    else:
        print(timeline_lanes(timeline, width, colour.wanted()))
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """Raise UsageError where one option makes another meaningless."""
    choosing = {
        "--list": args.list, "--slowest": args.slowest, "--empty": args.empty,
        "--fd": args.fd is not None, "--phase": args.phase is not None,
    }  # fmt: skip
    given = [name for name, there in choosing.items() if there]
    if args.call and given:
        problem = message("--call names the call itself: leave out {options}",
                       options=", ".join(given))  # fmt: skip
        raise UsageError(problem)
    if args.list and args.html:
        raise UsageError(message("--list shows no timeline: leave out --html, or --list"))


def _call(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    numbers = re.fullmatch(r"(\d+):(\d+)", text)
    if not numbers:
        raise UsageError(
            message("--call {text}: needed TID:SEQ, two numbers, as in 71:305", text=text)
        )
    return int(numbers[1]), int(numbers[2])
