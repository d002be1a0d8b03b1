"""Verdicts as an object: what was decided on which kernels, from which numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path

import pandas as pd

from analysis.page.notebook import verdicts_fragment
from analysis.page.run_files import write_reports
from analysis.page.verdicts import Run, verdicts_html
from analysis.verdicts.results import KernelResult
from analysis.verdicts.text import to_text
from tracer.commands.board import Board
from tracer.commands.choice import chosen_claims, chosen_kernels, decided, free_directory
from tracer.lab.tools import silent
from tracer.shared.errors import UsageError
from tracer.shared.message import localized


class Verdicts:
    """What a run of ``verify`` decided; ``path`` is its directory, with traces and reports."""

    def __init__(self, results: Sequence[KernelResult], path: Path, run: Run) -> None:
        """Wrap results, one for each kernel."""
        self._results, self._run = tuple(results), run
        self.path = path

    @property
    def table(self) -> pd.DataFrame:
        """One row per kernel and claim.

        ``claim``: its id. ``statement``, ``section``: what is claimed, and where. ``kernel``,
        ``where``: its release, "lab" or "host". ``verdict``: supported, corrected, refuted or
        undecided. ``answer``: what the kernel does, in a sentence to quote. ``finding``: what this
        run found, with its numbers; for an undecided claim, why.
        """
        rows = [
            {
                "claim": each.claim.id,
                "statement": localized(each.claim.statement),
                "section": localized(each.claim.section),
                "kernel": result.release,
                "where": result.where,
                "verdict": each.verdict.outcome.value,
                "answer": localized(each.verdict.answer),
                "finding": localized(each.verdict.undecided_because or each.verdict.finding),
            }
            for result in self._results
            for each in result.decisions
        ]
        return pd.DataFrame(rows)

    @property
    def evidence(self) -> pd.DataFrame:
        """One row per number behind a verdict.

        ``claim``, ``kernel`` as in ``table``; ``metric``: what was measured; ``value`` (NA: not
        measured) in ``unit``; ``experiment``: in which recording.
        """
        rows = [
            (each.claim.id, result.release, localized(one.metric), one.value, localized(one.unit),
             localized(one.experiment))
            for result in self._results
            for each in result.decisions
            for one in each.verdict.evidence
        ]  # fmt: skip
        names = ["claim", "kernel", "metric", "value", "unit", "experiment"]
        return pd.DataFrame(rows, columns=names).astype({"value": "Float64"})

    def html(self) -> str:
        """Return the page of ``tracer verify``: matrix and cards with pictures, in one file."""
        return verdicts_html(self._results, self._run)

    def __str__(self) -> str:
        """Return what ``tracer verify`` prints."""
        return to_text(self._results)

    def __repr__(self) -> str:
        """Return a one-line description."""
        counted = self.table["verdict"].value_counts()
        kernels = ", ".join(result.release for result in self._results)
        words = ", ".join(f"{count} {verdict}" for verdict, count in counted.items())
        return f"<Verdicts on {kernels}: {words}>"

    def _repr_html_(self) -> str:
        return verdicts_fragment(self._results)


def verify_claims(
    names: Sequence[str],
    *,
    kernels: Sequence[str],
    packs: Sequence[str | PathLike[str]],
    every: bool,
    into: str | PathLike[str] | None,
    progress: Callable[[str], object] | None,
) -> Verdicts:
    """Decide claims; see `tracer.verify`."""

    def report(line: str) -> None:
        (progress or silent)(localized(line))

    files = [Path(pack) for pack in packs]
    claims, problems = chosen_claims(names, files, every=every)
    if problems or not claims:
        raise UsageError(problems[0] if problems else "no claim is left to decide")
    path = free_directory(Path(into) if into is not None else None)
    results = decided(claims, chosen_kernels(kernels, claims, report), path, Board(report))
    run = Run(packs=tuple(map(str, files)))
    write_reports(path, results, run)
    return Verdicts(results, path, run)
