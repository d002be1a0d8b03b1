"""Where kernels are kept."""

import os
import pwd
from pathlib import Path

import pytest

from tests.shared.sudo import CALLER, needs_root
from tracer.lab.cache import cache_dir, locked, staging
from tracer.lab.sealed import check, seal
from tracer.lab.tools import silent
from tracer.shared import owner
from tracer.shared.errors import LabError

pytestmark = pytest.mark.usefixtures("cache")


def test_cache_is_where_the_environment_says(
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


def test_a_new_cache_is_for_its_user_only(cache: Path) -> None:
    assert cache_dir().stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_a_cache_that_others_may_write_is_not_used(cache: Path, mode: int) -> None:
    cache.mkdir()
    cache.chmod(mode)
    with pytest.raises(LabError, match=f"{cache} is not trusted: others may write to it"):
        cache_dir()


@needs_root
def test_a_cache_of_another_user_is_not_used(cache: Path) -> None:
    cache.mkdir()
    os.chown(cache, CALLER, CALLER)
    with pytest.raises(LabError, match="is not trusted: it belongs to uid 54321"):
        cache_dir()


@needs_root
def test_under_sudo_the_cache_is_roots_whatever_home_is_kept(
    called_by_sudo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = pwd.struct_passwd(("root", "x", 0, 0, "", str(tmp_path), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: {0: root}[uid])
    monkeypatch.delenv("TRACER_CACHE")
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(called_by_sudo))
    monkeypatch.setattr(owner, "_caller", lambda uid, gid: owner.Caller(uid, gid, (gid,)))
    assert cache_dir() == tmp_path / ".cache/tracer"
    assert not list(called_by_sudo.iterdir())


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077])
def test_what_is_put_there_is_for_nobody_else_to_write_whatever_the_umask(
    cache: Path, umask: int
) -> None:
    tree = cache_dir() / "kernels/6.1.0-56-amd64"
    before = os.umask(umask)
    try:
        with locked(silent):
            (tree / "boot").mkdir(parents=True)
            (tree / "boot/vmlinuz").write_text("image")
            seal(tree)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    check(tree)


def test_the_lock_is_no_link(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (cache_dir() / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"), locked(silent):
        pass
    assert (tmp_path / "precious").read_text() == "kept"
