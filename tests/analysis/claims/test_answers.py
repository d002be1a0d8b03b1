"""Each verdict says in one sentence what the kernel does, and its numbers agree."""

from __future__ import annotations

import pytest

from analysis.packs import OURS
from analysis.verdicts.engine import DECIDED, Claim, Verdict
from tests.analysis.claims.cases import CASES, FITS
from tests.analysis.claims.fits_words import Fits
from tests.analysis.making import verdict_of
from tracer.shared.message import ENGLISH, localized, use

pytestmark = pytest.mark.slow

MOST_LETTERS = 160
BY_ID = {claim.id: claim for claim in OURS}


def decided(claim: str) -> tuple[Verdict, ...]:
    """Return the verdict from each hand-made trace that decides ``claim``."""
    return tuple(
        verdict_of(build, BY_ID[claim])
        for outcome in DECIDED
        for build in CASES[claim].get(outcome, [])
    )


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
    found = decided(claim.id)
    assert all(each.answer for each in found)
    assert {each.outcome for each in found} == set(claim.verdicts)


def fits(condition: Fits, verdict: Verdict) -> bool:
    """Return whether the numbers of ``verdict`` satisfy ``condition``."""
    try:
        return condition({str(one.metric): one.value for one in verdict.evidence})
    except (KeyError, StopIteration):
        return False


def test_each_claim_has_conditions() -> None:
    assert set(FITS) == set(BY_ID)


@pytest.mark.parametrize("claim", FITS)
def test_the_answer_fits_the_numbers(claim: str) -> None:
    """The condition of a verdict's answer holds, and each fails for some other verdict."""
    found = [(each, condition_of(claim, each.answer)) for each in decided(claim)]
    for each, words in found:
        assert fits(FITS[claim][words], each), (each.answer, each.evidence)
    assert {words for _, words in found} == set(FITS[claim]), "a case for each answer"
    for words, condition in FITS[claim].items():
        others = [each for each, theirs in found if theirs != words]
        assert not all(fits(condition, each) for each in others), f"it always holds: {words}"


def condition_of(claim: str, answer: str) -> str:
    """Return the longest first words of ``answer`` for which there is a condition."""
    return max((words for words in FITS[claim] if answer.startswith(words)), key=len)
