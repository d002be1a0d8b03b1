"""A test mirrors the place and name of its module."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"

THROUGH_THE_PROGRAM = ("live", "browser", "bench", "torture", "fuzz")
"""Folders whose tests are named after what a user does or sees."""

BY_TOPIC = ("analysis",)
"""Folders in which some tests are named after a topic of several modules."""


def mirrored(test: Path) -> bool:
    """Return whether the module of ``test`` exists: test_NAME.py, or test_NAME_aspect.py."""
    folder = test.relative_to(TESTS).parent
    name = test.stem.removeprefix("test_")
    modules = (ROOT / "tracer" / folder).glob("*.py")
    return any(f"{name}_".startswith(f"{module.stem.strip('_')}_") for module in modules)


def test_tests_mirror_modules() -> None:
    alone = [
        str(test.relative_to(TESTS))
        for test in TESTS.rglob("test_*.py")
        if test.parent != TESTS
        and test.relative_to(TESTS).parts[0] not in (*THROUGH_THE_PROGRAM, *BY_TOPIC)
        and not mirrored(test)
    ]
    assert alone == []
