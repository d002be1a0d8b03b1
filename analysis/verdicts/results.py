"""The verdicts of a run of ``verify``, also as JSON. Terminal: text.py; page: analysis.page.

JSON, schema 1::

    {"schema": 1,
     "kernels": [{"release": "6.1.0-56-amd64", "where": "host" | "lab",
                  "claims": [{"id", "verdict", "statement", "answer", "finding",
                              "evidence": [{"metric", "value", "unit", "experiment"}],
                              "undecided_because": null | "..."}]}]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from analysis.recorded import WHERE
from analysis.verdicts.engine import Claim, Decision, Verdict
from analysis.verdicts.exhibits import Exhibit
from analysis.verdicts.overview import Overview
from tracer.shared.message import message
from tracer.shared.visible import visible

SCHEMA: Final = 1
VERDICTS: Final = "verdicts.json"
"""The file that makes a directory that of a finished run."""


@dataclass(frozen=True)
class KernelResult:
    """The decisions on one kernel; ``where`` is "host" or "lab".

    ``exhibits``, by claim id, are what a page shows beside the verdicts; ``overviews``, by lecture
    id (analysis.claims.lectures), what it shows at the head of each.
    """

    release: str
    where: str
    decisions: tuple[Decision, ...]
    exhibits: Mapping[str, Exhibit] = field(default_factory=dict)
    overviews: Mapping[str, Overview] = field(default_factory=dict)

    def verdict(self, name: str) -> Verdict | None:
        """Return the verdict on the claim called ``name``; None: it was not decided here."""
        return next((d.verdict for d in self.decisions if d.claim.id == name), None)

    @property
    def title(self) -> str:
        """The kernel's name in headings."""
        where = WHERE.get(self.where, self.where)
        return message("{release} ({where})", release=self.release, where=where)

    @property
    def series(self) -> str:
        """The kernel's series: "6.1" of 6.1.0-56-amd64."""
        return visible(".".join(self.release.split(".")[:2]))


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
        "answer": verdict.answer,
        "finding": verdict.finding,
        "evidence": [asdict(each) for each in verdict.evidence],
        "undecided_because": verdict.undecided_because,
    }


def claims_of(results: Sequence[KernelResult]) -> list[Claim]:
    """Return all claims, each once, in the order they are first decided."""
    return list({d.claim.id: d.claim for result in results for d in result.decisions}.values())
