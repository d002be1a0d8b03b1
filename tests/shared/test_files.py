"""Files that a user asked for: complete or absent, through no link, overwriting nothing."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bpf.test_ring import no_file_longer_than
from tests.shared.sudo import CALLER, needs_root
from tracer.shared.errors import TracerError, UsageError
from tracer.shared.files import check_new, new_file, new_log, write_text


@pytest.fixture(autouse=True)
def _umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}


def test_whole_and_alone(tmp_path):
    write_text(tmp_path / "x", "text")
    assert (tmp_path / "x").read_text() == "text"
    assert modes(tmp_path) == {"x": 0o644}


def test_nothing_is_there_until_it_is_whole(tmp_path):
    with new_file(tmp_path / "x") as file:
        file.write(b"half")
        assert not (tmp_path / "x").exists()
    assert (tmp_path / "x").read_bytes() == b"half"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_private_whatever_the_umask(tmp_path, umask):
    os.umask(umask)
    with new_file(tmp_path / "x", private=True) as file:
        file.write(b"")
    assert modes(tmp_path) == {"x": 0o600}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("there", ["link", "dangling", "directory", "pipe"])
def test_what_is_no_regular_file_is_never_replaced(tmp_path, there, force):
    (tmp_path / "target").write_text("mine")
    path = tmp_path / "x"
    if there == "directory":
        path.mkdir()
    elif there == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("target" if there == "link" else "nowhere")
    before = path.lstat()
    for writes in (check_new, lambda path, force: write_text(path, "new", force=force)):
        with pytest.raises(UsageError, match="is not a regular file"):
            writes(path, force=force)
    assert path.lstat().st_ino == before.st_ino
    assert (tmp_path / "target").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_is_replaced_only_where_that_is_asked_for(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    for writes in (check_new, lambda path: write_text(path, "new")):
        with pytest.raises(UsageError, match="add --force to replace it"):
            writes(path)
    assert path.read_text() == "old"
    check_new(path, force=True)
    write_text(path, "new", force=True)
    assert path.read_text() == "new"


def test_a_file_created_meanwhile_is_kept(tmp_path):
    path = tmp_path / "x"

    def meanwhile() -> None:
        with new_file(path):
            path.write_text("theirs")

    with pytest.raises(UsageError, match="x exists"):
        meanwhile()
    assert path.read_text() == "theirs"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("force", [False, True])
def test_a_full_disk_leaves_what_was_there(tmp_path, force):
    path = tmp_path / "x"
    if force:
        path.write_text("old")
    with no_file_longer_than(8), pytest.raises(TracerError, match="File too large"):
        write_text(path, "x" * 10_000, force=force)
    assert [each.read_text() for each in tmp_path.iterdir()] == (["old"] if force else [])


def test_no_directory(tmp_path):
    (tmp_path / "file").touch()
    for name, words in (("no/x", "/no does not exist"), ("file/x", "/file is not a directory")):
        with pytest.raises(UsageError, match=words):
            check_new(tmp_path / name)


def test_a_log_takes_the_place_of_a_file_and_of_nothing_else(tmp_path):
    (tmp_path / "log").write_text("old and long")
    with new_log(tmp_path / "log") as log:
        log.write(b"new")
        assert (tmp_path / "log").read_bytes() == b"new"
    (tmp_path / "link").symlink_to("log")
    with pytest.raises(UsageError, match="is not a regular file"):
        new_log(tmp_path / "link")
    assert (tmp_path / "log").read_bytes() == b"new"


@needs_root
def test_under_sudo_it_is_the_callers_in_the_callers_directories_only(called_by_sudo, tmp_path):
    write_text(called_by_sudo / "x", "text")
    assert (called_by_sudo / "x").stat().st_uid == CALLER
    with pytest.raises(UsageError, match=r"rights of the caller \(uid 54321\).*env -u SUDO_UID"):
        check_new(tmp_path / "x")
    with pytest.raises(TracerError, match="env -u SUDO_UID"):
        write_text(tmp_path / "x", "text")


@pytest.mark.slow
@needs_root
def test_a_racing_user_gets_nothing_of_roots_overwritten(called_by_sudo, tmp_path):
    """The user keeps replacing everything that is made by links to a file of root's."""
    tmp_path.chmod(0o755)
    roots = tmp_path / "roots"
    roots.write_text("untouched")
    over = threading.Event()

    def race() -> None:
        while not over.is_set():
            for path in called_by_sudo.iterdir():
                with suppress(OSError):
                    path.rename(called_by_sudo / "away")
                    path.symlink_to(roots)

    racer = threading.Thread(target=race)
    racer.start()
    for number in range(200):
        with suppress(TracerError):
            write_text(called_by_sudo / f"x{number % 3}", "ours", force=True)
    over.set()
    racer.join()
    assert roots.read_text() == "untouched"
    assert roots.stat().st_uid == 0
