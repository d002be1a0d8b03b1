from __future__ import annotations

from pathlib import Path

from analysis.findings.docs import findings_page
from analysis.findings.registry import RULES

DOCS = Path(__file__).parents[3] / "docs" / "findings.md"


def test_docs_are_the_rules() -> None:
    """If not: run scripts/findings."""
    assert DOCS.read_text(encoding="utf-8") == findings_page()


def test_every_rule_says_what_a_reader_needs() -> None:
    for rule in RULES:
        assert all((rule.title, rule.why, rule.change, rule.read, rule.thresholds)), rule.id
