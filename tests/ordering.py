"""The order in which tests run, and which of them one worker runs in sequence.

With ``--dist loadgroup`` a worker takes a group at a time. The longest tests begin first, so that
no worker is left alone with one at the end; and while one boots guests on all processors, the other
workers have tests that boot none.
"""

from __future__ import annotations

import pytest

from tests.live.scenes import scene_of

LONGEST = "tests/live/test_verify_lab.py"
LONG = tuple(
    f"tests/live/test_{name}.py"
    for name in (
        *("crosscheck", "userprobe_lab", "lab_links", "tutorial", "lab_boot", "async_refused"),
        *("lab", "faults", "lab_accidents", "lab_started", "exploits"),
    )
)
"""Other tests in the lab that take 20 seconds or more, the longest first."""
SCENES = "scenes in one guest"
"""The group of all tests that check results of tests.live.scenes."""
NATIVE = "this machine's kernel"
"""The group of all tests that record natively: one at a time, so that each has its processor."""


def key(item: pytest.Item) -> tuple[int, int]:
    """Return the sort key of a test: by what it needs, and how long it takes."""
    file = item.nodeid.partition("::")[0]
    if file == LONGEST:
        return 0, 0
    if group(item) == SCENES:
        return 3, -1
    if item.get_closest_marker("lab"):
        return 3, LONG.index(file) if file in LONG else len(LONG)
    return (2 if item.get_closest_marker("live") else 1), 0


def group(item: pytest.Item) -> str:
    """Return the group of a test: its file's, or that of all native ones, or of all scenes."""
    if scene_of(item) is not None:
        return SCENES
    native = item.get_closest_marker("live") and not item.get_closest_marker("lab")
    return NATIVE if native else item.nodeid.partition("::")[0]
