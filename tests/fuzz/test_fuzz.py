"""A short campaign; ``scripts/fuzz`` runs long ones. Seeds that found something are kept."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.fuzz.campaign import kept_seeds, run, subject

FEW = [(seed, subject(seed)) for seed in range(10)]


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.slow
def test_no_mutation_gives_a_traceback_or_an_absurd_number() -> None:
    tried = list(run(FEW))
    assert [(each.seed, each.done, each.problems) for each in tried if each.problems] == []
    assert any(each.refused for one in tried for each in one.outcomes)
    assert any(not each.refused for one in tried for each in one.outcomes)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "trace"), kept_seeds())
def test_what_was_found_once_stays_fixed(seed: int, trace: str) -> None:
    (tried,) = run([(seed, trace)], every=True)
    assert tried.problems == [], tried.done
