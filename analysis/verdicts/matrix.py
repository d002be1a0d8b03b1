"""The matrix of claims and kernels as the page docs/verdicts.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.terminal.tables import cell
from analysis.verdicts.engine import Claim, Evidence
from analysis.verdicts.results import KernelResult, claims_of

_INTRO = """\
# Verdicts

What the textbook's claims come to on real kernels. Made by `{command}` on {date}.

supported: it holds · corrected: it holds in part · refuted: the kernel does something else ·
undecided: evidence was lost or could not be had, and why stands below. Numbers of instructions are
counted in boots of their own, and hold for the kernel alone: no caches, no contention.
"""


def to_markdown(results: Sequence[KernelResult], command: str, date: str) -> str:
    """Return the page: the matrix, then each claim with the finding on each kernel."""
    claims = claims_of(results)
    heads = ["claim", *(result.release for result in results)]
    rows = [[claim.id, *(_outcome(result, claim) for result in results)] for claim in claims]
    parts = [
        _INTRO.format(command=command, date=date),
        "\n".join([_row(heads), _row(["---"] * len(heads)), *map(_row, rows)]),
        *("\n".join(_section(claim, results)) for claim in claims),
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _outcome(result: KernelResult, claim: Claim) -> str:
    verdict = result.verdict(claim.id)
    return str(verdict.outcome) if verdict else ""


def _section(claim: Claim, results: Sequence[KernelResult]) -> Iterator[str]:
    yield f"## {claim.id}\n"
    yield f"{claim.statement} ({claim.section}; experiment {claim.experiment.id})\n"
    for said, releases in _by_finding(claim, results).items():
        yield f"- {', '.join(releases)}: {_plain(said)}"
    for result in results:
        verdict = result.verdict(claim.id)
        if verdict and verdict.evidence:
            yield f"\nEvidence on {result.release}: " + "; ".join(map(_evidence, verdict.evidence))
            break
    if claim.otherwise:
        yield f"\nWhat would have changed it: {_plain(claim.otherwise)}"


def _by_finding(claim: Claim, results: Sequence[KernelResult]) -> dict[str, list[str]]:
    """Return the kernels by what was found: one line where they agree to the last number."""
    found: dict[str, list[str]] = {}
    for result in results:
        verdict = result.verdict(claim.id)
        if verdict:
            said = verdict.undecided_because or verdict.finding
            text = f"{verdict.answer} Measured: {said}" if verdict.answer else said
            found.setdefault(f"**{verdict.outcome}**: {text}", []).append(result.release)
    return found


def _evidence(each: Evidence) -> str:
    return _plain(f"{each.metric} {cell(each.value)} {each.unit} ({each.experiment})")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_plain(each) for each in cells)} |"


def _plain(text: str) -> str:
    """Return ``text`` on one line, without a bar that would end a cell."""
    return " ".join(text.split()).replace("|", "\\|")
