"""What is kept of long traces: found again, and never believed when it cannot be right."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.windows import kept as keeping
from analysis.windows.kept import Arrays, increase, kept
from tests.analysis.handmade import Maker
from tracer.shared.cachehome import cache_home

pytestmark = pytest.mark.usefixtures("cache")

THREE = np.array([1, 2, 3])


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return Maker().write(tmp_path / "x.trace")


@pytest.fixture
def asked(trace: Path) -> Callable[..., tuple[list[int], bool]]:
    """Return a function that requests numbers, and tells whether they had to be computed."""

    def ask(name: str = "n", right: bool = True) -> tuple[list[int], bool]:
        made = []

        def make() -> Arrays:
            made.append(1)
            return {"numbers": THREE}

        found = kept(trace, name, make, lambda _: right)
        return found["numbers"].tolist(), bool(made)

    return ask


def test_it_is_made_once_and_kept_for_its_owner_only(asked) -> None:
    assert asked() == ([1, 2, 3], True)
    assert asked() == ([1, 2, 3], False)
    assert asked("another") == ([1, 2, 3], True)
    (first, _) = (cache_home() / "traces").iterdir()
    assert first.stat().st_mode & 0o777 == 0o600


def test_for_a_changed_trace_it_is_computed_again(asked, trace: Path) -> None:
    asked()
    with (trace / "steps.bin").open("ab") as file:
        file.write(b"x")
    assert asked() == ([1, 2, 3], True)


def test_what_is_not_right_is_computed_again(asked) -> None:
    asked()
    assert asked(right=False) == ([1, 2, 3], True)


@pytest.mark.parametrize("damage", ["cut", "other", "empty", "link", "pickle"])
def test_a_damaged_file_is_computed_again(asked, damage: str, tmp_path: Path) -> None:
    asked()
    (file,) = (cache_home() / "traces").iterdir()
    data = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "other":
        data[data.index(THREE.tobytes())] ^= 1
        file.write_bytes(data)
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "link":
        file.rename(tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")
    else:
        np.savez(file, numbers=np.array([print], object))
    assert asked() == ([1, 2, 3], True)


@pytest.mark.parametrize("place", ["", "traces"])
def test_a_cache_that_others_may_write_is_not_trusted(asked, place: str) -> None:
    asked()
    (cache_home() / place).chmod(0o777)
    assert asked() == asked() == ([1, 2, 3], True)
    (cache_home() / place).chmod(0o700)
    assert asked() == ([1, 2, 3], False)


def test_a_new_cache_is_for_its_user_only_whatever_the_umask(asked) -> None:
    before = os.umask(0)
    try:
        asked()
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (cache_home(), cache_home() / "traces")]
    assert modes == [0o700, 0o700]


def test_where_nothing_can_be_written_nothing_is_kept(asked, monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path / "file"))
    assert asked() == asked() == ([1, 2, 3], True)


def test_the_oldest_are_removed(asked, monkeypatch) -> None:
    monkeypatch.setattr(keeping, "MOST_FILES", 3)
    for name in "abcd":
        asked(name)
    assert len(list((cache_home() / "traces").iterdir())) == 3
    assert asked("d") == ([1, 2, 3], False)


def test_large_results_are_not_kept(asked, monkeypatch) -> None:
    monkeypatch.setattr(keeping, "MOST_BYTES", 8)
    assert asked() == asked() == ([1, 2, 3], True)


@pytest.mark.parametrize(
    ("places", "right"),
    [([], True), ([0, 4], True), ([0, 5], False), ([-1, 2], False), ([2, 2], False),
     ([3, 1], False)],
    ids=str,
)  # fmt: skip
def test_places(places: list[int], right: bool) -> None:
    assert increase(np.array(places, np.int64), 5) is right
    assert not increase(np.array([0.5]), 5)
