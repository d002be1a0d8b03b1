"""Programs with a known fault, recorded natively: each is found, and its mended twin is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.findings.examine import Examination, examine
from analysis.findings.registry import BY_ID
from analysis.findings.rule import Finding
from analysis.frames import read_trace
from tests.live.running import LAB_S, PYTHON, tracer
from tests.subjects import faults
from tests.subjects.faults.common import ROUNDS
from tracer.shared.catalogue import hooks

pytestmark = pytest.mark.live

ON_ITS_OWN = ("held-up", "late-wakeups")
"""Faults that a busy machine causes in any loop: the twin differs in what held it up."""
BY_FUNCTION = {f"hook:{hook.name}" for hook in hooks() if hook.attach[0].type != "raw_tp"}
"""Rules that need function probes, which this kernel may refuse."""
HERE = [rule for rule in faults.FAULTS if not BY_FUNCTION.intersection(BY_ID[rule].needs)]


def recorded(path: Path, rule: str, *arguments: str) -> Examination:
    detail = "steps" if "steps" in BY_ID[rule].needs else "calls"
    program = (*PYTHON, "-m", faults.__name__, rule, *arguments)
    done = tracer("record", "--detail", detail, "-o", path / "x.trace", "--", *program)
    assert done.returncode == 0, done.stderr
    return examine(read_trace(path / "x.trace"))


def of_rule(found: Examination, rule: str) -> list[Finding]:
    return [each for each in found.findings if each.rule == rule]


def test_every_rule_has_a_program() -> None:
    assert set(faults.FAULTS) == set(BY_ID)


@pytest.mark.parametrize("rule", HERE)
def test_the_fault_is_found(rule: str, tmp_path: Path) -> None:
    found = recorded(tmp_path, rule)
    assert of_rule(found, rule) != [], found


@pytest.mark.parametrize("rule", [rule for rule in HERE if rule not in ON_ITS_OWN])
def test_its_mended_twin_does_not_have_it(rule: str, tmp_path: Path) -> None:
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


def test_a_late_wakeup_is_measured(tmp_path: Path) -> None:
    (finding,) = [
        each for each in of_rule(recorded(tmp_path, "late-wakeups"), "late-wakeups") if each.tid
    ]
    numbers = {each.name: each.value for each in finding.numbers}
    assert numbers["late"] >= ROUNDS // 2
    assert 1_000_000 <= numbers["run_max_ns"] < numbers["return_max_ns"]


@pytest.mark.lab
def test_events_after_close_are_found_and_its_mended_twin_has_none(tmp_path: Path) -> None:
    """Both are in one recording, so that one boot suffices."""
    one = " ".join((*PYTHON, "-m", faults.__name__, "events-after-close"))
    done = tracer(
        "record", "--kernel", "6.1", "--detail", "steps", "-o", tmp_path / "x.trace",
        "--", "/bin/sh", "-c", f"{one}; {one} mended", timeout=LAB_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = examine(read_trace(tmp_path / "x.trace"))
    assert "events-after-close" in found.judged
    (finding,) = of_rule(found, "events-after-close")
    assert finding.numbers[0].value >= ROUNDS
