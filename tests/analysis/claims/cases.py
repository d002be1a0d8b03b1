"""For every claim and every verdict it declares, the traces that give that verdict.

They stand with the tests of each topic, in ``tests/analysis/claims/TOPIC/cases.py``. The first
trace of each claim also serves to be spoilt: test_claims.py loses records of it, takes its hooks
away, and so on.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from analysis import claims
from tests.analysis.making import Cases

TOPICS = sorted(path.parent.name for path in Path(claims.__file__).parent.glob("*/claims.py"))


def from_topics(file: str, name: str) -> dict[str, Any]:
    """Return ``name`` of the module ``file`` of each topic that has it, by id of the claim."""
    here = Path(__file__).parent
    there = [topic for topic in TOPICS if (here / topic / f"{file}.py").exists()]
    modules = [import_module(f"tests.analysis.claims.{topic}.{file}") for topic in there]
    return {claim: found for each in modules for claim, found in getattr(each, name).items()}


CASES: dict[str, Cases] = from_topics("cases", "CASES")
