"""Verdicts are computed from fields: never from a text, and never from nothing."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pandas as pd
import pytest

from analysis.checks.undecided import Undecided
from analysis.packs import OURS
from analysis.verdicts.engine import Claim
from analysis.verdicts.figures import Figure, Figures, Unit, What, means, paired
from analysis.verdicts.pick import every, some

GUESSED = {"all", "any"}
"""What gives an answer even for an empty selection."""


@pytest.mark.slow
def test_rewording_all_texts_changes_no_verdict() -> None:
    command = [sys.executable, "-m", "tests.analysis.verdicts.reworded"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.split("\n") == ["", ""]


def guesses(source: str) -> list[str]:
    """Return the calls of ``all(…)``, ``any(…)`` and ``….all()`` in ``source``."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [(getattr(each.func, "attr", None) or ast.unparse(each.func), each) for each in calls]
    return [ast.unparse(each) for name, each in named if name in GUESSED and not each.keywords]


@pytest.mark.parametrize("claim", OURS, ids=lambda claim: claim.id)
def test_judges_ask_through_every_and_some(claim: Claim) -> None:
    assert guesses(inspect.getsource(claim.judge)) == []


def test_guesses_are_seen() -> None:
    assert len(guesses("def x(t):\n    return (t > 0).all() and any(t)")) == 2


@pytest.mark.parametrize("ask", [every, some])
@pytest.mark.parametrize("values", [[], pd.Series(dtype=bool), pd.Series([True, pd.NA])])
def test_nothing_and_the_unknown_decide_nothing(ask: object, values: object) -> None:
    assert callable(ask)
    with pytest.raises(Undecided):
        ask(values)


def test_every_and_some() -> None:
    assert every([1, True])
    assert not every(pd.Series([True, False]))
    assert some(pd.Series([0, 3]))
    assert not some([False])


def slope(value: float, label: str = "poll, per fd more") -> Figure:
    return Figure(What.SLOPE, value, label, model="poll")


def test_figures_are_found_by_their_fields() -> None:
    found = Figures([slope(47.0), Figure(What.TO_EPOLL, 5.0, "same", Unit.TIMES, "poll", 100)])
    assert found.value(What.SLOPE, model="poll") == 47.0
    assert found.values(What.TO_EPOLL) == [5.0]
    with pytest.raises(Undecided, match="no figure of to_epoll, link lan"):
        found.pick(What.TO_EPOLL, link="lan")


def test_a_figure_must_be_a_number() -> None:
    with pytest.raises(Undecided, match="no number was available for: poll, per fd more"):
        Figures([slope(float("nan"))])


def test_two_boots_pair_by_fields_whatever_the_labels() -> None:
    one, two = Figures([slope(1.0, "ein Wort")]), Figures([slope(3.0, "un mot")])
    assert means(one, two).value(What.SLOPE) == 2.0
    with pytest.raises(Undecided, match="the two boots do not give the same figures"):
        paired(one, Figures([]))
