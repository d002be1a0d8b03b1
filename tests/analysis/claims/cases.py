"""The cases of each claim: for every verdict that it declares, traces that give it, and more.

They are with the tests of each topic, in ``tests/analysis/claims/TOPIC/cases.py``. The first trace
of each claim is also the one that test_claims.py spoils: it drops records, removes hooks, and so
on.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from analysis import claims
from tests.analysis.claims.fits_words import Fits
from tests.analysis.making import Cases, Scene

TOPICS = sorted(path.parent.name for path in Path(claims.__file__).parent.glob("*/claims.py"))


def from_topics(file: str, name: str) -> dict[str, Any]:
    """Return ``name`` from the module ``file`` of each topic that has it, by claim id."""
    modules = [import_module(f"tests.analysis.claims.{topic}.{file}") for topic in TOPICS]
    return {claim: found for each in modules for claim, found in getattr(each, name, {}).items()}


CASES: dict[str, Cases] = from_topics("cases", "CASES")
FITS: dict[str, Mapping[str, Fits]] = from_topics("cases", "FITS")
"""What the numbers of a verdict must be for its answer to be true, stated independently of the
judges: by claim and answer (its first words), a condition on the evidence by metric.
"""
TIMELINES: dict[str, tuple[Scene, list[str]]] = from_topics("cases", "TIMELINES")
"""What a claim's timeline is checked with: the scene, and words of its moments in order."""
