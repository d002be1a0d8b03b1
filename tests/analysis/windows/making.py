"""Recordings for tests of what is gathered in windows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

TRACES: Final = sorted((Path(__file__).parents[2] / "traces").glob("*.trace"))
"""The recorded ones."""

SIZES: Final = (
    pytest.param(1, marks=pytest.mark.slow),
    7,
    pytest.param(1000, marks=pytest.mark.slow),
)
"""Windows in which nearly everything goes over a border, or nothing does."""

each_trace = pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=pytest.mark.slow if path.stem == "served" else ())
        for path in TRACES
    ],
)
each_size = pytest.mark.parametrize("size", SIZES)
