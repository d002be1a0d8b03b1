"""In which order tests run, and which of them one worker runs one after the other.

With ``--dist loadgroup`` a worker takes a group at a time. What takes longest begins first, so
that no worker is left alone with it at the end; and while it boots guests on all processors the
other workers have what boots none.
"""

from __future__ import annotations

import pytest

from tests.live.scenes import scene_of

LONGEST = "tests/live/test_verify_lab.py"
LONG = tuple(
    f"tests/live/test_{name}.py"
    for name in ("crosscheck", "lab_links", "userprobe_lab", "tutorial", "lab_boot", "lab_started")
)
"""Of the others in the lab those that take a minute or more, the longest first."""
SCENES = "scenes in one guest"
"""The group of all tests that look at what tests.live.scenes left."""
NATIVE = "this machine's kernel"
"""The group of all tests that record natively: one at a time, so that each has its processor."""


def key(item: pytest.Item) -> tuple[int, int]:
    """Return the place of a test in the order: by what it needs, and how long it takes."""
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
