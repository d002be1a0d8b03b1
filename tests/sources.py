"""The syntax of our modules, for tests that read them: to parse all of them takes a second.

Such tests are one group, ``pytestmark = READS_SOURCES``, so that one worker parses for all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
READS_SOURCES: Final = pytest.mark.xdist_group("sources")


def parsed(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield each file of ``packages``, folders at the root, with its syntax."""
    for package in packages:
        for path in (ROOT / package).rglob("*.py"):
            yield path, _parsed(path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))
