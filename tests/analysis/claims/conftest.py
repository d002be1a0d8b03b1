"""Tests of claims on one experiment run on one worker, whatever file they are in.

They use the same hand-made traces and verdicts, which are made once per process.
"""

from __future__ import annotations

from typing import Final

import pytest

from analysis.packs import OURS

EXPERIMENTS: Final = {claim.id: claim.experiment.id for claim in OURS}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Put a test that is given a claim into the group of the claim's experiment."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        claim = item.callspec.params.get("claim")
        asked = getattr(claim, "id", claim)
        if isinstance(asked, str) and asked in EXPERIMENTS:
            item.add_marker(pytest.mark.xdist_group(f"claims on {EXPERIMENTS[asked]}"))
