"""What a program in a guest, root there, can leave to trap the host."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.guest.test_outside import leave_trace
from tests.shared.sudo import needs_root
from tracer.guest.handed import take_answer, take_trace
from tracer.shared.errors import LabError

LIMIT = 1000


@pytest.fixture
def share(tmp_path: Path) -> Path:
    (tmp_path / "share").mkdir()
    return tmp_path / "share"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Return a directory of the host's, with a file that no guest may reach."""
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "precious").write_text("the host's")
    return tmp_path / "host"


def take(share: Path, into: Path) -> Path | None:
    return take_trace(share, "x.trace", into, LIMIT)


def test_a_trace_is_copied_for_its_owner_only(share, tmp_path):
    leave_trace(share / "x.trace")
    (share / "x.trace" / "calls.bin").chmod(0o6777)
    path = take(share, tmp_path)
    assert path == tmp_path / "x.trace"
    assert {each.name: each.read_text() for each in path.iterdir()} == {
        name: name for name in ("manifest.json", "calls.bin", "steps.bin", "tasks.bin")
    }
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.iterdir()} == {0o600}
    assert (share / "x.trace").is_dir()  # copied: no file that the guest made is kept


def test_no_trace(share, tmp_path):
    assert take(share, tmp_path) is None


def test_only_expected_names_are_taken(share, tmp_path):
    leave_trace(share / "x.trace")
    (share / "x.trace" / ".bashrc").write_text("evil")
    path = take(share, tmp_path)
    assert path is not None
    assert not (path / ".bashrc").exists()


def test_a_link_in_the_place_of_a_trace_is_not_followed(share, host, tmp_path):
    before = host.stat()
    (share / "x.trace").symlink_to(host)
    with pytest.raises(LabError, match=r"the guest left no directory x\.trace: Not a directory"):
        take(share, tmp_path)
    assert (host / "precious").read_text() == "the host's"
    assert (host.stat().st_ino, host.stat().st_uid) == (before.st_ino, before.st_uid)
    assert not (tmp_path / "x.trace").exists()


@pytest.mark.parametrize("name", ["manifest.json", "calls.bin", "truth.json"])
@pytest.mark.parametrize("kind", ["link", "pipe", "directory", "device", "large"])
def test_what_is_no_file_of_a_recorder_is_refused(share, host, tmp_path, name, kind):
    leave_trace(share / "x.trace")
    path = share / "x.trace" / name
    path.unlink(missing_ok=True)
    if kind == "link":
        path.symlink_to(host / "precious")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        if os.geteuid() != 0:
            pytest.skip("needs root")
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    else:
        path.touch()
        os.truncate(path, 1 << 40)
    with pytest.raises(LabError, match=r"is not a regular file|expected at most 1,000"):
        take(share, tmp_path)
    assert not (tmp_path / "x.trace").exists()


@needs_root
def test_under_sudo_a_guest_cannot_have_host_directories_given_away(
    share, called_by_sudo, host, tmp_path
):
    (share / "x.trace").symlink_to(host)
    with pytest.raises(LabError):
        take(share, called_by_sudo)
    assert [path.stat().st_uid for path in (host, host / "precious")] == [0, 0]


def test_the_answer(share):
    (share / "answer.json").write_text('[{"name": "x"}]')
    assert take_answer(share) == [{"name": "x"}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[NaN]", "is not JSON"),
        ("9" * 5000, "is not JSON"),
        ("\udcff", "is not JSON"),
        (" " * (17 << 20), "expected at most"),
    ],
    ids=["empty", "deep", "NaN", "long number", "no text", "large"],
)
def test_no_answer(share, text, words):
    (share / "answer.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(LabError, match=words):
        take_answer(share)


def test_an_answer_that_leads_elsewhere(share, host):
    with pytest.raises(LabError, match="gave no answer"):
        take_answer(share)
    (host / "json").write_text("[]")
    (share / "answer.json").symlink_to(host / "json")
    with pytest.raises(LabError, match="is not a regular file"):
        take_answer(share)
