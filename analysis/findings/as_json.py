"""Findings for programs; docs/findings.md has the schema."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from analysis.findings.examine import Examination

SCHEMA: Final = 1


def to_json(found: Examination) -> dict[str, Any]:
    """Return ``found`` as a JSON object: numbers have names and units, texts are English."""
    return {
        "schema": SCHEMA,
        "findings": [
            {
                **asdict(each),
                "numbers": [asdict(number) for number in each.numbers],
                "program": found.facts.program(each.pid),
            }
            for each in found.findings
        ],
        "judged": list(found.judged),
        "not_judged": [
            {"because": each.because, "rules": list(each.rules)} for each in found.unjudged
        ],
    }
