from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.windows.window import phases_at
from tracer.shared.truthcheck import Marks

BEYOND_FLOATS: int = 2**53
"""The boot clock after 104 days: from here on a float holds every second ns alone."""


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_a_phase_begins_at_its_ns(kind: type[np.generic[Any]]) -> None:
    marks = Marks.of([(BEYOND_FLOATS + 1, 7)])
    times = np.array([BEYOND_FLOATS, BEYOND_FLOATS + 1], kind)
    assert phases_at(times, marks).tolist() == [0, 7]
