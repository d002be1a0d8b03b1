"""All tests read English, whatever the machine's locale, unless they ask for another language."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
import vl_convert

from tests import ordering
from tests.shared.sudo import CALLER
from tracer.shared import rights
from tracer.shared.message import ENGLISH, use

LIVE: Final = tuple(Path(__file__).parent / name for name in ("live", "browser"))
"""Folders in which every test is live."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Don't read files in LIVE if their tests are deselected: each worker would read them all."""
    expression = config.option.markexpr
    left_out = " or " not in expression and "not live" in expression.split(" and ")
    return True if left_out and collection_path in LIVE else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in order and in groups, before xdist reads these."""
    items.sort(key=ordering.key)
    for item in items:
        if item.path.parent in LIVE and not item.get_closest_marker("live"):
            raise pytest.UsageError(f"{item.nodeid} is not marked live, as all in its folder are")
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(ordering.group(item)))


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    use(ENGLISH)
    yield
    use(ENGLISH)


@pytest.fixture(autouse=True)
def _keeps_its_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording command gives up capabilities for good: not those of the test process."""
    monkeypatch.setattr("tracer.recording.recorder.KEPT", tuple(rights.held()))


@pytest.fixture(scope="session", autouse=True)
def _chart_library(pytestconfig: pytest.Config) -> Iterator[None]:
    """Cache the chart library between runs: bundling it takes each worker seconds."""
    bundle, kept = vl_convert.javascript_bundle, getattr(pytestconfig, "cache", None)

    def javascript_bundle(snippet: str) -> str:
        key = f"tracer/vl-convert-{vl_convert.__version__}"
        found: dict[str, str] = kept.get(key, {})
        if snippet not in found:
            found[snippet] = bundle(snippet)
            kept.set(key, found)
        return found[snippet]

    with pytest.MonkeyPatch.context() as patch:
        if kept:
            patch.setattr(vl_convert, "javascript_bundle", javascript_bundle)
        yield


@pytest.fixture
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Run in a fresh directory; the handlers that main() sets are removed after the test."""
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the lab at a cache that does not exist yet."""
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def called_by_sudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Be root called by an ordinary user's sudo; yields a directory of that user's."""
    with TemporaryDirectory() as name:  # the tests' own directories are closed to others
        os.chown(name, CALLER, CALLER)
        monkeypatch.setenv("SUDO_UID", str(CALLER))
        monkeypatch.setenv("SUDO_GID", str(CALLER))
        yield Path(name)
