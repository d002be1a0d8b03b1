from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis.findings.cases import CASES
from tests.analysis.handmade import Maker
from tracer import cli


def code(path: Path, *arguments: str, **manifest: object) -> int:
    maker = Maker(detached={"sched_waking": "EPERM"})
    CASES["busy-poll"].faulty(maker)
    maker.manifest |= manifest
    return cli.main(["report", str(maker.write(path / "x.trace")), *arguments])


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("held-up,busy-poll", 4),
        ("held-up", 0),
        ("held-up,woken-in-vain", 3),
        ("busy-pol", 2),
        pytest.param("busy-poll", 4, marks=pytest.mark.slow),
        pytest.param("any", 4, marks=pytest.mark.slow),
        pytest.param("woken-in-vain", 3, marks=pytest.mark.slow),
    ],
)
def test_fail_on(tmp_path: Path, rules: str, expected: int) -> None:
    assert code(tmp_path, "--fail-on", rules) == expected


def test_a_finding_fails_only_if_requested(tmp_path: Path) -> None:
    assert code(tmp_path) == 0


def test_any_is_not_judged_where_nothing_was(tmp_path: Path) -> None:
    lost = dict.fromkeys(("calls", "steps", "tasks", "entries", "waiters"), 1)
    assert code(tmp_path, "--fail-on", "any", losses=lost) == 3


def test_an_unknown_finding_names_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code(tmp_path, "--fail-on", "busy-pol")
    assert "unknown finding 'busy-pol'; nearest: busy-poll" in capsys.readouterr().err
