"""``tracer verify``: run the experiments, decide the claims, write the reports."""

from __future__ import annotations

import argparse
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.commands.outputs import add_force, check_outputs
from tracer.shared.errors import TracerError, UsageError
from tracer.shared.files import make_directories, write_text
from tracer.shared.message import localized, localized_line, message
from tracer.shared.output import to_stderr
from tracer.shared.trusted import UntrustedError
from tracer.shared.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.verdicts.engine import Claim
    from analysis.verdicts.results import KernelResult
    from tracer.lab.kernels import Kernel

UNDECIDED_EXIT_CODE = 3

_EXAMPLES = """\
examples:
  tracer verify                                  what one boot of a kernel decides
  tracer verify --all                            every claim: costs and what is beyond the notes
  tracer verify --all --kernel 6.1 --kernel 7.3  the matrix of two stock kernels
  tracer verify --pack mine.py                   the claims of your own textbook (docs/packs.md)
  sudo tracer verify --claim blocking-waits      this kernel is enough for that

Without --kernel this machine's kernel is used if it can decide the claims, otherwise the
default kernel of the lab; it says which and why. Claims on cost are decided in boots of
their own, where guest time is a count of instructions. Verdicts: supported, corrected
(holds in part), refuted, undecided (evidence lost or not to be had; never a guess).
Exit code: 0 all decided, 3 some undecided, 2 wrong use, 1 failure.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``verify``."""
    parser = subparsers.add_parser(
        "verify",
        help="hold the textbook's claims against a real kernel",
        description="Run the experiments that the claims need and decide the claims from "
        "their traces.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--kernel", action="append", default=[], metavar="K", help="a kernel of the lab")
    add("--all", action="store_true", help="every claim of every pack")
    add("--claim", action="append", default=[], metavar="ID", help="only this claim (repeatable)")
    add(
        "--pack",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="the claims of a Python file of yours; alone, only these",
    )
    add("--trust", action="store_true", help="run a pack as root that others may have written")
    add("--json", type=Path, metavar="FILE", help="write the verdicts to FILE too")
    add("--markdown", type=Path, metavar="FILE", help="write the matrix as a page to FILE")
    add(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="new directory for traces and reports (default: verdicts/DATE-TIME)",
    )
    add_force(parser)
    add("--list", action="store_true", help="list the claims and what they say, and stop")
    parser.set_defaults(run=_run)  # fmt: skip


def _run(args: argparse.Namespace) -> int:
    claims, problems = _chosen(args)
    for problem in problems:
        to_stderr(problem)
    if not claims:
        raise UsageError("no claim is left to decide")
    if args.list:
        for claim in claims:
            statement, section = localized_line(claim.statement), localized_line(claim.section)
            print(f"{visible(claim.id):<24} {statement} ({section})")
        return 0
    code = _verify(args, claims)
    return UsageError.exit_code if problems else code


def _chosen(args: argparse.Namespace) -> tuple[list[Claim], list[str]]:
    """Return the claims asked for, and what is wrong with packs and their other claims."""
    from analysis.packs import OURS, claim_named, load_pack, ordinary
    from tracer.workloads import spec

    own: list[Claim] = []
    problems: list[str] = []
    for path in dict.fromkeys(args.pack):
        try:
            pack = load_pack(path, spec.parse, [*OURS, *own], trusted=args.trust)
        except UntrustedError:
            raise
        except UsageError as error:
            problems.append(str(error))
        else:
            own += pack.claims
            problems += pack.problems
    if args.claim:
        return [claim_named(name, [*OURS, *own]) for name in dict.fromkeys(args.claim)], problems
    if args.all or args.list:
        return [*OURS, *own], problems
    return own if args.pack else ordinary(OURS), problems


def _verify(args: argparse.Namespace, claims: Sequence[Claim]) -> int:
    from analysis import colour
    from analysis.page.verdicts import Run
    from analysis.report_files import verdicts_json, write_reports
    from analysis.verdicts.matrix import to_markdown
    from analysis.verdicts.results import to_text

    check_outputs(args, args.json, args.markdown)
    into = _free_directory(args.output)
    chosen = _kernels(args, claims)
    _make(into)
    results = _results(chosen, claims, into)
    run = Run(_command(args), tuple(str(path) for path in args.pack))
    as_json, as_html = write_reports(into, results, run)
    if args.json:
        write_text(args.json, verdicts_json(results), force=args.force)
    if args.markdown:
        page = to_markdown(results, _command(args), time.strftime("%Y-%m-%d"))
        write_text(args.markdown, page, force=args.force)
    print(to_text(results, coloured=colour.wanted()))
    print(localized(message("traces and reports: {path}", path=into)))
    print(visible(str(as_html)), visible(str(as_json)), sep="\n")
    undecided = any(
        decision.verdict.undecided_because for result in results for decision in result.decisions
    )
    return UNDECIDED_EXIT_CODE if undecided else 0


def _command(args: argparse.Namespace) -> str:
    """Return the command that does the same again."""
    words = ["tracer", "verify", *(["--all"] if args.all else [])]
    words += [word for name in args.claim for word in ("--claim", name)]
    words += [word for path in args.pack for word in ("--pack", str(path))]
    words += ["--trust"] if args.trust else []
    words += [word for name in args.kernel for word in ("--kernel", name)]
    return shlex.join(words)


def _kernels(args: argparse.Namespace, claims: Sequence[Claim]) -> list[Kernel]:
    """Return the lab's kernels to decide on, all of them at hand; none: this machine's own."""
    from tracer.commands.verification import why_not_here
    from tracer.lab import kernels
    from tracer.lab.releases import DEFAULT

    names = list(dict.fromkeys(args.kernel))
    if not names:
        reason = why_not_here(claims)
        if reason is None:
            to_stderr("using this machine's kernel: it can decide all claims asked for")
            return []
        to_stderr(
            message(
                "using kernel {default} in the lab, not this machine's: {reason}",
                default=DEFAULT,
                reason=reason,
            )
        )
        names = [DEFAULT]
    found = {kernel.release: kernel for kernel in (kernels.fetch(n, to_stderr) for n in names)}
    return list(found.values())


def _results(chosen: Sequence[Kernel], claims: Sequence[Claim], into: Path) -> list[KernelResult]:
    from tracer.commands.verification import Lab, verify_here, verify_in_lab

    if not chosen:
        return [verify_here(claims, into, to_stderr)]
    places = [(kernel, into / kernel.release) for kernel in chosen]
    for _, place in places:
        make_directories(place)
    return verify_in_lab(claims, Lab(places, into / "native"), to_stderr)


def _free_directory(output: Path | None) -> Path:
    """Return where to write, not made yet: a wrong kernel leaves nothing behind."""
    path = output or Path("verdicts") / time.strftime("%Y%m%d-%H%M%S")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(
            message("{path} exists and is not empty; choose another -o DIR", path=path)
        )
    return path


def _make(path: Path) -> None:
    try:
        make_directories(path)
    except TracerError as error:
        raise UsageError(str(error)) from error
