"""``tracer report``: what a trace holds, or what a finished run of ``verify`` decided."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from tracer.commands.fail_on import exit_code, wanted_rules
from tracer.commands.outputs import add_force, check_outputs
from tracer.commands.parser import Commands, add_command
from tracer.shared.errors import UsageError
from tracer.shared.files import write_text
from tracer.shared.heap import keep_freed_memory
from tracer.shared.message import message
from tracer.shared.output import to_stderr

_EXAMPLES = """\
examples:
  tracer report epoll.trace
  tracer report epoll.trace --json epoll.json
  tracer report epoll.trace --html epoll.html    one file for a browser
  tracer report epoll.trace --fail-on any        exit code 4 if anything is found
  tracer report epoll.trace --findings mine.py   with your own rules added
  tracer report verdicts/20260101-120000         a finished run of tracer verify, again
  tracer --lang zh_CN report verdicts/20260101-120000 --html verdicts-zh.html
  tracer report verdicts/20260101-120000 --junit verdicts.xml
  tracer report web-*.trace --json fleet.json    many traces: by host, release, program
  tracer report traces verdicts                  all traces and runs in two directories

What is wrong with the program's event loop comes first, then losses and misses: the numbers are
only as good as these. A missing hook means a missing number (–), never a zero. A finished run is
decided again from its traces; nothing is recorded. In JUnit XML a supported claim passes, a
corrected or refuted one fails, an undecided one is skipped. With many traces, hosts that differ
from the others come first; a trace that cannot be read is named, the others are reported, and the
exit code is 1 (docs/fleet.md).
"""  # noqa: RUF001 -- the dash that the tables show


ENGINES = ("single", "dask")


def add_parser(subparsers: Commands) -> None:
    """Add ``report``."""
    parser = add_command(
        subparsers,
        "report",
        description="Show what was recorded, by phase and family of system calls; or what a "
        "finished run of tracer verify decided.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add(
        "traces",
        metavar="NAME.trace",
        type=Path,
        nargs="+",
        help="a trace written by tracer record, or the DIR of a verify run; several, or a "
        "directory of them, give the report of a fleet",
    )
    add("--json", type=Path, metavar="FILE", help="also write the numbers as JSON")
    add("--html", type=Path, metavar="FILE", help="also write a page with pictures")
    add("--markdown", type=Path, metavar="FILE", help="of a run or several traces: also write "
    "the matrix, or the report, as a page of Markdown")  # fmt: skip
    add(
        "--junit",
        type=Path,
        metavar="FILE",
        help="of a run: also write JUnit XML, one case per claim",
    )
    add(
        "--pack",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="of a run: the pack of your own that it decided",
    )
    add(
        "--findings",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="of traces: a Python file with your own rules, added to the built-in ones "
        "(docs/findings.md)",
    )
    add("--trust", action="store_true", help="as root, run a pack or rules that others may have "
    "modified")  # fmt: skip
    add("-v", "--verbose", action="store_true", help="say for each missing number which hooks it "
    "needs, and why they are not attached; of a run: also give details of claims that hold; "
    "of several traces: show all rows of each table")  # fmt: skip
    add("--fail-on", metavar="FINDING,…", help="exit with 4 if one of these is found, with 3 "
    "if one could not be judged; any: all findings (docs/findings.md)")  # fmt: skip
    add(
        "--by",
        metavar="WHAT",
        choices=("program", "thread", "epoll", "fd", "phase"),
        help="break down the loops by program, thread, epoll instance (epoll), fd or phase: "
        "waits, events, calls that found nothing, time in the kernel (p50, p99, max); also in "
        "--json",
    )
    add(
        "--engine",
        choices=ENGINES,
        default=ENGINES[0],
        help="of several traces: what reads them; dask: workers of a Dask cluster (without "
        "--scheduler, one on this machine)",
    )
    add("--scheduler", metavar="ADDRESS", help="for --engine dask: its scheduler, "
    "tcp://HOST:8786; its workers must see the traces at the same paths")  # fmt: skip
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # pandas takes half a second to import: commands that don't need it don't wait for it.
    from tracer.commands.paths import is_run, stands_for_many

    keep_freed_memory()
    check_outputs(args, args.json, args.html, args.markdown, args.junit)
    if args.scheduler and args.engine != "dask":
        raise UsageError("--scheduler needs --engine dask")
    if len(args.traces) > 1 or args.engine != ENGINES[0] or stands_for_many(args.traces[0]):
        from tracer.commands.fleet import report_fleet

        return report_fleet(args)
    if is_run(args.traces[0]):
        if args.findings:
            problem = message(
                "{option}: only for a trace, not for a finished run of verify", option="--findings"
            )
            raise UsageError(problem)
        return _of_run(args)
    for name, path in (("--markdown", args.markdown), ("--junit", args.junit)):
        if path:
            problem = message(
                "{option}: only for a finished run of verify, not for a trace", option=name
            )
            raise UsageError(problem)
    return _of_trace(args)


def _of_trace(args: argparse.Namespace) -> int:
    from analysis.findings.examine import examine_in_one_pass
    from analysis.fleet.gather import OwnRules
    from analysis.looptime.loops_text import loops_json, loops_tables
    from analysis.report.as_json import to_json
    from analysis.report.text import report
    from analysis.terminal.tables import terminal_width
    from analysis.windows.recording import open_recording

    rules = OwnRules(tuple(args.findings), args.trust).rules()
    wanted = wanted_rules(args.fail_on, [rule.id for rule in rules])
    trace = open_recording(args.traces[0])
    found = examine_in_one_pass(trace, rules)
    if args.json:
        numbers = to_json(trace, found)
        if args.by:
            numbers |= {"loops": loops_json(trace, args.by)}
        write_text(args.json, json.dumps(numbers, indent=1) + "\n", force=args.force)
    if args.html:
        from analysis.page.trace import trace_html

        write_text(args.html, trace_html(trace, found), force=args.force)
    print(report(trace, examined=found, verbose=args.verbose), end="")
    if args.by:
        print("\n" + loops_tables(trace, args.by, terminal_width()))
    return exit_code({each.rule for each in found.findings}, found.judged, wanted)


def _of_run(args: argparse.Namespace) -> int:
    from analysis.page.run_files import verdicts_json
    from analysis.page.verdicts import verdicts_html
    from analysis.terminal import colour
    from analysis.verdicts.junit import to_junit
    from analysis.verdicts.matrix import to_markdown
    from analysis.verdicts.text import to_text
    from tracer.commands.choice import chosen_claims
    from tracer.commands.finished import read_run

    claims, problems = chosen_claims([], args.pack, every=True, trusted=args.trust)
    for problem in problems:
        to_stderr(problem)
    results, run, unknown = read_run(args.traces[0], claims)
    if unknown:
        to_stderr(
            message(
                "left out, as their pack was not given (--pack FILE): {claims}",
                claims=", ".join(unknown),
            )
        )
    day = time.strftime("%Y-%m-%d")
    files: tuple[tuple[Path | None, Callable[[], str]], ...] = (
        (args.json, lambda: verdicts_json(results, run)),
        (args.html, lambda: verdicts_html(results, run)),
        (args.markdown, lambda: to_markdown(results, run.command, day)),
        (args.junit, lambda: to_junit(results)),
    )
    for path, text in files:
        if path:
            write_text(path, text(), force=args.force)
    print(to_text(results, coloured=colour.wanted(), everything=args.verbose), end="")
    return UsageError.exit_code if problems else 0
