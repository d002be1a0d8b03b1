"""All tests read English, whatever the locale of the machine; one that asks for more gets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.shared.say import ENGLISH, use


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    use(ENGLISH)
    yield
    use(ENGLISH)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the lab at a cache that does not exist yet."""
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
