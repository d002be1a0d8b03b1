"""Every test has a cache of its own, but for those that boot."""

from pathlib import Path

import pytest


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the lab at a cache that does not exist yet."""
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
