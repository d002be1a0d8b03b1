"""Each verdict says what the kernel does in one sentence, which its numbers bear out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from analysis.packs import OURS
from analysis.verdicts.engine import DECIDED, SUPPORTED, Claim, Verdict, decide
from tests.analysis.claims.cases import CASES
from tests.analysis.claims.fits import FITS
from tests.analysis.making import case_of
from tracer.shared.message import ENGLISH, localized, use

MOST_LETTERS = 160
BY_ID = {claim.id: claim for claim in OURS}


def decided(claim: str) -> Iterator[Verdict]:
    """Yield the verdict of each hand-made trace that decides ``claim``."""
    for outcome in DECIDED:
        for build in CASES[claim].get(outcome, []):
            yield decide(BY_ID[claim], *case_of(build, BY_ID[claim]))


@pytest.mark.parametrize("claim", OURS, ids=BY_ID)
def test_each_verdict_has_a_sentence_of_its_own(claim: Claim) -> None:
    answers = {outcome: claim.answers.of(outcome) for outcome in DECIDED}
    assert {outcome for outcome, answer in answers.items() if answer} == set(claim.verdicts)
    said = [answer for answer in answers.values() if answer]
    assert len(set(said)) == len(said)
    for each in said:
        assert each.endswith(".")
        assert ". " not in each
        assert len(each) <= MOST_LETTERS
    use("zh_CN")
    try:
        assert all(localized(each) != each and localized(each).endswith("。") for each in said)
    finally:
        use(ENGLISH)


@pytest.mark.parametrize("claim", OURS, ids=BY_ID)
def test_each_case_is_answered(claim: Claim) -> None:
    found = list(decided(claim.id))
    assert all(each.answer for each in found)
    assert {each.outcome for each in found} == set(claim.verdicts)


@pytest.mark.parametrize("claim", FITS)
def test_the_answer_fits_the_numbers(claim: str) -> None:
    met = set()
    for each in decided(claim):
        if each.outcome == SUPPORTED:
            continue
        numbers = {str(one.metric): one.value for one in each.evidence}
        (words,) = (words for words in FITS[claim] if each.answer.startswith(words))
        assert FITS[claim][words](numbers), (each.answer, numbers)
        met.add(words)
    assert met == set(FITS[claim]), "a case for each answer"
