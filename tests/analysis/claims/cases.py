"""What each claim is held against: for every verdict it declares the traces that give it, and more.

They stand with the tests of each topic, in ``tests/analysis/claims/TOPIC/cases.py``. The first
trace of each claim also serves to be spoilt: test_claims.py loses records of it, takes its hooks
away, and so on.
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
    """Return ``name`` of the module ``file`` of each topic that has it, by id of the claim."""
    modules = [import_module(f"tests.analysis.claims.{topic}.{file}") for topic in TOPICS]
    return {claim: found for each in modules for claim, found in getattr(each, name, {}).items()}


CASES: dict[str, Cases] = from_topics("cases", "CASES")
FITS: dict[str, Mapping[str, Fits]] = from_topics("cases", "FITS")
"""What the numbers of a verdict must be for its answer to be true, said apart from the judges: by
claim and answer, of which the first words stand here, a condition on the evidence by metric."""
TIMELINES: dict[str, tuple[Scene, list[str]]] = from_topics("cases", "TIMELINES")
"""Of what shows a claim's timeline: the scene, and words of its moments in order."""
