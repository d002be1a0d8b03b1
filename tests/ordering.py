"""In which order tests run, and which of them one worker runs one after the other.

With ``--dist loadgroup`` a worker takes a group at a time. What takes longest begins first, so
that no worker is left alone with it at the end; and while it boots guests on all processors the
other workers have what boots none.
"""

from __future__ import annotations

import pytest

LONGEST = "tests/live/test_verify_lab.py"
LONG = tuple(
    f"tests/live/test_{name}.py"
    for name in ("crosscheck", "lab_links", "counts", "servers_lab", "userprobe_lab", "tutorial",
                 "lab_boot", "items", "lab_started", "subjects")
)  # fmt: skip
"""Of the others in the lab those that take a minute or more, the longest first."""
NATIVE = "this machine's kernel"
"""The group of all tests that record natively: one at a time, so that each has its processor."""


def key(item: pytest.Item) -> tuple[int, int]:
    """Return the place of a test in the order: by what it needs, and how long it takes."""
    file = item.nodeid.partition("::")[0]
    if file == LONGEST:
        return 0, 0
    if item.get_closest_marker("lab"):
        return 3, LONG.index(file) if file in LONG else len(LONG)
    return (2 if item.get_closest_marker("live") else 1), 0


def group(item: pytest.Item) -> str:
    """Return the group of a test, if it says none: its file's, or that of all native ones."""
    native = item.get_closest_marker("live") and not item.get_closest_marker("lab")
    return NATIVE if native else item.nodeid.partition("::")[0]
