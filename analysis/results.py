"""The verdicts of a run of ``verify``: for a terminal, as JSON, as one HTML file.

JSON, schema 1::

    {"schema": 1,
     "kernels": [{"release": "6.1.0-56-amd64", "where": "host" | "lab",
                  "claims": [{"id", "verdict", "statement", "finding",
                              "evidence": [{"metric", "value", "unit", "experiment"}],
                              "undecided_because": null | "..."}]}]}
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from analysis.claims.engine import Decision, Evidence
from analysis.exhibits import Exhibit
from analysis.recorded import WHERE
from analysis.tables import cell, table, terminal_width
from tracer.say import say, shown

SCHEMA: Final = 1
MANY_KERNELS: Final = 2


@dataclass(frozen=True)
class KernelResult:
    """The decisions on one kernel; ``where`` is "host" or "lab".

    ``exhibits``, by id of the claim, are what a page shows beside the verdicts.
    """

    release: str
    where: str
    decisions: tuple[Decision, ...]
    exhibits: Mapping[str, Exhibit] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The kernel as a heading names it."""
        where = WHERE.get(self.where, self.where)
        return say("{release} ({where})", release=self.release, where=where)

    @property
    def series(self) -> str:
        """The kernel's series: "6.1" of 6.1.0-56-amd64."""
        return ".".join(self.release.split(".")[:2])


def to_json(results: Sequence[KernelResult]) -> dict[str, Any]:
    """Return ``results`` as the object of ``verdicts.json``."""
    return {"schema": SCHEMA, "kernels": [_kernel(result) for result in results]}


def _kernel(result: KernelResult) -> dict[str, Any]:
    claims = [_decision(decision) for decision in result.decisions]
    return {"release": result.release, "where": result.where, "claims": claims}


def _decision(decision: Decision) -> dict[str, Any]:
    verdict = decision.verdict
    return {
        "id": decision.claim.id,
        "verdict": str(verdict.outcome),
        "statement": decision.claim.statement,
        "finding": verdict.finding,
        "evidence": [asdict(each) for each in verdict.evidence],
        "undecided_because": verdict.undecided_because,
    }


def to_text(
    results: Sequence[KernelResult], width: int | None = None, coloured: bool = False
) -> str:
    """Return a table of claims by kernels, then each kernel's findings."""
    columns = width or terminal_width()
    headers = [say("claim"), *_headings(results)]
    rows = [[name, *_outcomes(results, name)] for name in _names(results)]
    parts = [table(headers, rows, columns, words=len(headers), coloured=coloured)]
    parts += [f"{shown(each.title)}\n{_findings(each, columns, coloured)}" for each in results]
    return "\n\n".join(parts) + "\n"


def _headings(results: Sequence[KernelResult]) -> list[str]:
    """Return the kernels' titles; of many, their series, so that the matrix fits a terminal."""
    series = [result.series for result in results]
    if len(results) > MANY_KERNELS and len(set(series)) == len(series):
        return series
    return [result.title for result in results]


def _findings(result: KernelResult, width: int, coloured: bool) -> str:
    rows = [
        (decision.claim.id, _word(decision), shown(_said(decision)))
        for decision in result.decisions
    ]
    headers = [say("claim"), say("verdict"), say("finding")]
    return table(headers, rows, width, words=3, coloured=coloured)


def _word(decision: Decision) -> str:
    return say(str(decision.verdict.outcome))


def _said(decision: Decision) -> str:
    return decision.verdict.undecided_because or decision.verdict.finding


def _names(results: Sequence[KernelResult]) -> list[str]:
    """Return the ids of all claims, in the order they are first decided."""
    seen = [decision.claim.id for result in results for decision in result.decisions]
    return list(dict.fromkeys(seen))


def _outcomes(results: Sequence[KernelResult], name: str) -> list[str | None]:
    by_kernel = [{d.claim.id: _word(d) for d in r.decisions} for r in results]
    return [outcomes.get(name) for outcomes in by_kernel]


STYLE: Final = """\
:root { color-scheme: light dark; --supported: #e2f2e4; --corrected: #fbf1d0;
  --refuted: #f8dedc; --undecided: #e8e8e8; --line: #bbb; }
@media (prefers-color-scheme: dark) { :root { --supported: #16371c; --corrected: #403410;
  --refuted: #4a1f1c; --undecided: #333; --line: #666; } }
body { font: 16px/1.5 sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
.supported { background: var(--supported); } .corrected { background: var(--corrected); }
th, td:nth-child(2) { white-space: nowrap; }
.refuted { background: var(--refuted); } .undecided { background: var(--undecided); }
ul { margin: .3rem 0; padding-left: 1.2rem; font-size: .9em; }
@media (max-width: 40rem) { thead { display: none; }
  tr, td { display: block; border-width: 0 0 1px; } tr { margin-bottom: 1rem; } }
"""


def to_html(results: Sequence[KernelResult]) -> str:
    """Return the verdicts as one HTML file that needs nothing else."""
    body = "".join(_section(result) for result in results)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Verdicts</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Textbook claims against real kernels</h1>\n{body}</body>\n</html>\n"
    )


def _section(result: KernelResult) -> str:
    rows = "".join(_row(decision) for decision in result.decisions)
    cells = "<tr><th>Claim</th><th>Verdict</th><th>Finding and evidence</th></tr>"
    head = f"<thead>{cells}</thead>"
    return f"<h2>{_text(result.title)}</h2>\n<table>\n{head}\n{rows}</table>\n"


def _row(decision: Decision) -> str:
    claim, outcome = decision.claim, str(decision.verdict.outcome)
    numbers = "".join(f"<li>{_text(_number(each))}</li>" for each in decision.verdict.evidence)
    evidence = f"<ul>{numbers}</ul>" if numbers else ""
    otherwise = f"<p><small>{_text(claim.otherwise)}</small></p>" if claim.otherwise else ""
    return (
        f'<tr class="{_text(outcome)}"><td><b>{_text(claim.id)}</b><br>{_text(claim.statement)}'
        f"<br><small>{_text(claim.section)}</small></td><td>{_text(outcome)}</td>"
        f"<td>{_text(_said(decision))}{evidence}{otherwise}</td></tr>\n"
    )


def _number(each: Evidence) -> str:
    return f"{each.metric}: {cell(each.value)} {each.unit} ({each.experiment})"


def _text(words: str) -> str:
    return html.escape(words)


def write_reports(directory: Path, results: Sequence[KernelResult]) -> tuple[Path, Path]:
    """Write ``verdicts.json`` and ``verdicts.html`` into ``directory``, made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    as_json, as_html = directory / "verdicts.json", directory / "verdicts.html"
    as_json.write_text(json.dumps(to_json(results), indent=1) + "\n", encoding="utf-8")
    as_html.write_text(to_html(results), encoding="utf-8")
    return as_json, as_html
