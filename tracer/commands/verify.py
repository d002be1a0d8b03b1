"""``tracer verify``: run the experiments, decide the claims, write the reports."""

from __future__ import annotations

import argparse
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.commands.choice import chosen_claims, chosen_kernels, decided, free_directory
from tracer.commands.outputs import add_force, check_outputs
from tracer.commands.parser import Commands, add_command
from tracer.shared.errors import UsageError
from tracer.shared.files import write_text
from tracer.shared.message import localized, localized_line, message
from tracer.shared.output import to_stderr
from tracer.shared.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.verdicts.engine import Claim

UNDECIDED_EXIT_CODE = 3

_EXAMPLES = """\
examples:
  tracer verify                                  the claims that one boot can decide
  tracer verify --all                            every claim, also on costs and beyond the notes
  tracer verify --all --kernel 6.1 --kernel 7.3  the matrix of two stock kernels
  tracer verify --pack mine.py                   the claims of your own textbook (docs/packs.md)
  sudo tracer verify --claim blocking-waits      this machine's kernel is enough

Without --kernel this machine's kernel is used if it can decide the claims, otherwise the lab's
default kernel; the output says which and why. Claims about cost are decided in separate boots,
where guest time is a count of instructions. Verdicts: supported, corrected (true in part),
refuted, undecided (evidence was lost or could not be obtained; never a guess).
Exit code: 0 all decided, 3 some undecided, 2 wrong usage, 1 failure.
"""


def add_parser(subparsers: Commands) -> None:
    """Add ``verify``."""
    parser = add_command(
        subparsers,
        "verify",
        description="Run the experiments that the claims need and decide the claims from "
        "their traces.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("--kernel", action="append", default=[], metavar="K", help="use a kernel of the lab")
    add("--all", action="store_true", help="decide every claim of every pack")
    add(
        "--claim",
        action="append",
        default=[],
        metavar="ID",
        help="decide only this claim (repeatable)",
    )
    add(
        "--pack",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="decide the claims in your own Python file; without other options, only these",
    )
    add("--trust", action="store_true", help="as root, run a pack that others may have modified")
    add("--json", type=Path, metavar="FILE", help="also write the verdicts to FILE")
    add(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="also write the matrix to FILE, as a page of Markdown",
    )
    add(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="new directory for traces and reports (default: verdicts/DATE-TIME)",
    )
    add_force(parser)
    add("-v", "--verbose", action="store_true", help="also give details of claims that hold")
    add("--list", action="store_true", help="list the claims with their statements, and exit")
    parser.set_defaults(run=_run)  # fmt: skip


def _run(args: argparse.Namespace) -> int:
    claims, problems = chosen_claims(
        args.claim, args.pack, every=args.all or args.list, trusted=args.trust
    )
    for problem in problems:
        to_stderr(problem)
    if not claims:
        raise UsageError("no claim is left to decide")
    if args.list:
        for claim in claims:
            statement, section = localized_line(claim.statement), localized_line(claim.section)
            print(f"{visible(claim.id):<24} {statement} ({section})")
    code = 0 if args.list else _verify(args, claims)
    return UsageError.exit_code if problems else code


def _verify(args: argparse.Namespace, claims: Sequence[Claim]) -> int:
    from analysis.page.run_files import verdicts_json, write_reports
    from analysis.page.verdicts import Run
    from analysis.terminal import colour
    from analysis.verdicts.matrix import to_markdown
    from analysis.verdicts.text import to_text
    from tracer.commands.board import board

    check_outputs(args, args.json, args.markdown)
    into = free_directory(args.output)
    kernels = chosen_kernels(args.kernel, claims, to_stderr)
    with board() as shown:
        results = decided(claims, kernels, into, shown)
    run = Run(_command(args), tuple(str(path) for path in args.pack))
    _, as_html = write_reports(into, results, run)
    if args.json:
        write_text(args.json, verdicts_json(results, run), force=args.force)
    if args.markdown:
        page = to_markdown(results, _command(args), time.strftime("%Y-%m-%d"))
        write_text(args.markdown, page, force=args.force)
    print(to_text(results, coloured=colour.wanted(), everything=args.verbose))
    print(localized(message("open {page}", page=as_html)))
    undecided = any(
        decision.verdict.undecided_because for result in results for decision in result.decisions
    )
    return UNDECIDED_EXIT_CODE if undecided else 0


def _command(args: argparse.Namespace) -> str:
    """Return the command line that repeats this run."""
    words = ["tracer", "verify", *(["--all"] if args.all else [])]
    words += [word for name in args.claim for word in ("--claim", name)]
    words += [word for path in args.pack for word in ("--pack", str(path))]
    words += ["--trust"] if args.trust else []
    words += [word for name in args.kernel for word in ("--kernel", name)]
    return shlex.join(words)
