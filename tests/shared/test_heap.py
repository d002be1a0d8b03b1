"""Arrays that are made again and again get their pages from the kernel only once."""

from __future__ import annotations

import subprocess
import sys

import pytest

ARRAYS = 200
PAGES = 256
"""Pages of an array: 1 MiB."""
COUNTED = f"""
import resource, sys
import numpy as np
from tracer.shared.heap import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
for turn in range({ARRAYS} + 1):
    kept = [np.ones({PAGES} << 12, np.uint8) for _ in range(3)]
    del kept
    if turn == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, how], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.slow
def test_pages_are_taken_once() -> None:
    assert faults("keep") < PAGES * 3
    assert faults("let") > PAGES * ARRAYS
