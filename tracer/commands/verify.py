"""``tracer verify``: run the experiments, decide the claims, write the reports."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.errors import UsageError
from tracer.labrecord import to_stderr
from tracer.tracedir import give_to_sudo_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.claims.engine import Claim
    from analysis.results import KernelResult

UNDECIDED_EXIT_CODE = 3

_EXAMPLES = """\
examples:
  tracer verify                                  every claim
  tracer verify --kernel 6.1 --kernel 7.3        on two stock kernels, a boot each
  sudo tracer verify --claim blocking-waits      this kernel is enough for that

Without --kernel this machine's kernel is used if it can decide the claims, otherwise the
default kernel of the lab; it says which and why. Verdicts: supported, corrected (holds in
part), refuted, undecided (evidence lost or not to be had; never a guess).
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
    add("--claim", action="append", default=[], metavar="ID", help="only this claim (repeatable)")
    add("--json", type=Path, metavar="FILE", help="write the verdicts to FILE too")
    add(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="new directory for traces and reports (default: verdicts/DATE-TIME)",
    )
    add("--list", action="store_true", help="list the claims and what they say, and stop")
    parser.set_defaults(run=_run)  # fmt: skip


def _run(args: argparse.Namespace) -> int:
    from analysis.claims.notes import CLAIMS, claim_named

    claims = [claim_named(name) for name in dict.fromkeys(args.claim)] or list(CLAIMS)
    if args.list:
        for claim in claims:
            print(f"{claim.id:<24} {claim.statement} ({claim.section})")
        return 0
    return _verify(args, claims)


def _verify(args: argparse.Namespace, claims: Sequence[Claim]) -> int:
    from analysis.results import to_text, write_reports

    into = _new_directory(args.output)
    results = _results(args, claims, into)
    as_json, as_html = write_reports(into, results)
    if args.json:
        args.json.write_bytes(as_json.read_bytes())
    give_to_sudo_user(into)
    print(to_text(results))
    print(f"traces and reports: {into}\n{as_html}\n{as_json}")
    undecided = any(
        decision.verdict.undecided_because for result in results for decision in result.decisions
    )
    return UNDECIDED_EXIT_CODE if undecided else 0


def _results(args: argparse.Namespace, claims: Sequence[Claim], into: Path) -> list[KernelResult]:
    from tracer.lab import kernels
    from tracer.lab.releases import DEFAULT
    from tracer.verification import verify_here, verify_in_lab, why_not_here

    names = list(dict.fromkeys(args.kernel))
    if not names:
        reason = why_not_here(claims)
        if reason is None:
            to_stderr("using this machine's kernel: it can decide all claims asked for")
            return [verify_here(claims, into, to_stderr)]
        to_stderr(f"using kernel {DEFAULT} in the lab, not this machine's: {reason}")
        names = [DEFAULT]
    # All kernels are there before the first boot: a wrong name is told at once.
    chosen = {kernel.release: kernel for kernel in (kernels.fetch(n, to_stderr) for n in names)}
    results = []
    for release, kernel in chosen.items():
        (into / release).mkdir()
        results.append(verify_in_lab(claims, kernel, into / release, to_stderr))
    return results


def _new_directory(output: Path | None) -> Path:
    path = output or Path("verdicts") / time.strftime("%Y%m%d-%H%M%S")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path} exists and is not empty; choose another -o DIR")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {path}: {error.strerror}") from error
    return path
