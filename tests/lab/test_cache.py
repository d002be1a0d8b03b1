"""Where kernels are kept."""

from pathlib import Path

import pytest

from tracer.lab.cache import cache_dir, locked, staging
from tracer.lab.tools import silent
from tracer.shared.errors import LabError

pytestmark = pytest.mark.usefixtures("cache")


def test_cache_is_where_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    assert cache_dir() == cache
    monkeypatch.delenv("TRACER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "xdg/tracer"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache/tracer"


def test_cache_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path / "file/cache"))
    with pytest.raises(LabError, match="set TRACER_CACHE"):
        cache_dir()


def test_staging_clears_up_after_itself_and_the_killed(cache: Path) -> None:
    (cache_dir() / ".partial-killed").mkdir()
    with locked(silent), staging() as stage:
        (stage / "half").touch()
        assert [path.name for path in cache.glob(".partial-*")] == [stage.name]
    assert not list(cache.glob(".partial-*"))
