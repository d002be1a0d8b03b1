"""Programs with a known fault, recorded natively: each is found, and its mended twin is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.findings.examine import Examination, examine
from analysis.findings.registry import BY_ID
from analysis.findings.rule import Finding
from analysis.frames import read_trace
from tests.live.running import PYTHON, tracer
from tests.subjects import faults

pytestmark = pytest.mark.live

ON_ITS_OWN = ("held-up",)
"""What a busy machine does to any loop: its twin is told from it by what held it up."""


def recorded(path: Path, *arguments: str) -> Examination:
    done = tracer("record", "-o", path / "x.trace", "--", *PYTHON, faults.__file__, *arguments)
    assert done.returncode == 0, done.stderr
    return examine(read_trace(path / "x.trace"))


def of_rule(found: Examination, rule: str) -> list[Finding]:
    return [each for each in found.findings if each.rule == rule]


def test_every_rule_has_a_program() -> None:
    assert set(faults.FAULTS) == set(BY_ID)


@pytest.mark.parametrize("rule", faults.FAULTS)
def test_the_fault_is_found(rule: str, tmp_path: Path) -> None:
    found = recorded(tmp_path, rule)
    assert of_rule(found, rule) != [], found


@pytest.mark.parametrize("rule", [rule for rule in faults.FAULTS if rule not in ON_ITS_OWN])
def test_its_mended_twin_has_it_not(rule: str, tmp_path: Path) -> None:
    found = recorded(tmp_path, rule, "mended")
    assert rule in found.judged
    assert of_rule(found, rule) == []


def test_a_loop_that_syncs_in_a_thread_is_not_held_up_by_it(tmp_path: Path) -> None:
    for each in of_rule(recorded(tmp_path, "held-up", "mended"), "held-up"):
        assert "fsync" not in each.text
        assert "clock_nanosleep" not in each.text


def test_what_held_a_loop_up_is_named(tmp_path: Path) -> None:
    (finding,) = of_rule(recorded(tmp_path, "held-up"), "held-up")
    numbers = {each.name: each.value for each in finding.numbers}
    assert "clock_nanosleep" in finding.text
    assert numbers["held_up"] >= 10
    assert numbers["off_cpu_in_calls_ns"] >= 10 * 20_000_000
    assert numbers["max_ns"] >= 20_000_000
