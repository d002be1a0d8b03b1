"""Which attempt is kept, how many there are, and what is said about the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracer.recording.attempts import Attempt, best_of, failure_of

GAVE_UP = "phase 1 'server': no client connected in 30 s"


class Attempts:
    """Makes attempts with the flaws given, one after the other."""

    def __init__(self, home: Path, *flaws: str | int | None) -> None:
        self.home, self.flaws, self.made = home, flaws, 0
        self.said: list[str] = []

    def make(self, number: int) -> Attempt:
        self.made += 1
        assert number == self.made
        trace = self.home / f"{number}.trace"
        trace.mkdir()
        (trace / "manifest.json").write_text('{"state": "complete"}')
        flaw = self.flaws[number - 1]
        if isinstance(flaw, str):
            return Attempt(trace, number, failure=flaw)
        return Attempt(trace, number, missed=flaw or 0)

    def best(self) -> Attempt:
        return best_of(self.make, self.said.append)


@pytest.mark.parametrize(
    ("flaws", "made", "kept"),
    [
        ((None,), 1, 1),
        ((GAVE_UP, None), 2, 2),
        ((GAVE_UP, GAVE_UP, GAVE_UP), 3, 1),
        ((GAVE_UP, 3, 0), 3, 3),
        ((3, GAVE_UP, 2, 2, 2), 5, 3),
        ((1, 1, 1, 1, 1), 5, 1),
    ],
)
def test_a_failure_is_tried_twice_more_and_misses_four_times(tmp_path, flaws, made, kept):
    attempts = Attempts(tmp_path, *flaws)
    assert (attempts.best().answer, attempts.made) == (kept, made)
    assert [path.name for path in tmp_path.iterdir()] == [f"{kept}.trace"]


def test_the_manifest_names_the_attempts_that_were_not_kept(tmp_path):
    attempts = Attempts(tmp_path, GAVE_UP, 3, None)
    manifest = json.loads((attempts.best().trace / "manifest.json").read_text())
    assert manifest == {
        "state": "complete",
        "other_attempts": [GAVE_UP, "3 runs of programs were skipped"],
    }
    assert attempts.said[0] == f"{GAVE_UP}; recording it again"


def test_a_single_attempt_has_no_note(tmp_path):
    trace = Attempts(tmp_path, None).best().trace
    assert (trace / "manifest.json").read_text() == '{"state": "complete"}'


@pytest.mark.parametrize(
    ("truth", "failure"),
    [
        ({"phases": []}, None),
        ({"phases": [], "error": GAVE_UP}, GAVE_UP),
        ({"phases": [], "error": 5}, None),
    ],
)
def test_why_a_workload_gave_up_is_in_its_truth(tmp_path, truth, failure):
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    assert failure_of(tmp_path) == failure


def test_without_a_truth_there_is_no_reason(tmp_path):
    assert failure_of(tmp_path) is None
