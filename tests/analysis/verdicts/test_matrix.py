"""The page of the matrix: every claim, every kernel, and where they differ."""

from __future__ import annotations

from dataclasses import replace

from analysis.packs import claim_named
from analysis.verdicts.engine import Decision, Evidence, corrected, supported, undecided
from analysis.verdicts.matrix import to_markdown
from analysis.verdicts.results import KernelResult

ONE, TWO = claim_named("mux-one-call"), claim_named("wait-spurious")
SAME = supported("41 of 41", [Evidence("calls", 41, "calls", "mux")])
RESULTS = [
    KernelResult("5.10.0", "lab", (Decision(ONE, SAME), Decision(TWO, undecided("a | b")))),
    KernelResult("6.1.0", "lab", (Decision(ONE, SAME), Decision(TWO, corrected("3\nsleeps", [])))),
]
PAGE = to_markdown(RESULTS, "tracer verify --all", "2026-11-23")


def test_matrix() -> None:
    assert "| claim | 5.10.0 | 6.1.0 |\n| --- | --- | --- |\n" in PAGE
    assert "| mux-one-call | supported | supported |" in PAGE
    assert "| wait-spurious | undecided | corrected |" in PAGE
    assert "Made by `tracer verify --all` on 2026-11-23." in PAGE


def test_kernels_that_agree_share_a_line_and_others_do_not() -> None:
    assert "- 5.10.0, 6.1.0: **supported**: 41 of 41" in PAGE
    assert "- 5.10.0: **undecided**: a \\| b\n- 6.1.0: **corrected**: 3 sleeps" in PAGE


def test_what_the_kernel_does_comes_before_what_was_measured() -> None:
    verdict = replace(SAME, answer="One call waits for all.")
    page = to_markdown([KernelResult("6.1.0", "lab", (Decision(ONE, verdict),))], "x", "y")
    assert "- 6.1.0: **supported**: One call waits for all. Measured: 41 of 41" in page


def test_statement_and_evidence() -> None:
    assert f"## mux-one-call\n\n{ONE.statement} ({ONE.section}; experiment mux)" in PAGE
    assert f"What would have changed it: {ONE.otherwise}" in PAGE
    assert "Evidence on 5.10.0: calls 41 calls (mux)" in PAGE
