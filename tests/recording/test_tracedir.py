"""A trace on disk: where it may go, what is there at each moment, a disk that fills."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from tests.bpf.test_ring import no_file_longer_than
from tracer.recording.tracedir import TraceDirectory, checked_path
from tracer.shared.errors import TracerError, UsageError
from tracer.shared.newfile import give_to_sudo_user


@pytest.fixture
def trace(tmp_path: Path) -> TraceDirectory:
    return TraceDirectory(tmp_path / "x.trace", {"losses": None})


def manifest(trace: TraceDirectory) -> dict[str, object]:
    return json.loads((trace.path / "manifest.json").read_text())


def test_good_path(tmp_path):
    assert checked_path(f"{tmp_path}/x.trace") == tmp_path / "x.trace"


def test_bad_paths(tmp_path):
    (tmp_path / "here.trace").mkdir()
    (tmp_path / "file").touch()
    for name, words in (
        ("x", "named NAME.trace"),
        (".trace", "named NAME.trace"),
        ("here.trace", "here.trace exists; choose another name or remove it"),
        ("no/x.trace", "does not exist"),
        ("file/x.trace", "does not exist"),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            checked_path(f"{tmp_path}/{name}")
        assert caught.value.exit_code == 2


def test_unwritable_parent(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(UsageError, match=f"the directory {tmp_path} is not writable"):
        checked_path(f"{tmp_path}/x.trace")


def test_name_taken_since_it_was_checked(tmp_path):
    (tmp_path / "x.trace").symlink_to(tmp_path / "nowhere")
    path = checked_path(f"{tmp_path}/x.trace")
    with pytest.raises(UsageError, match=r"cannot create .*File exists"):
        TraceDirectory(path, {})


def test_killed_now_it_would_open(trace):
    assert manifest(trace) == {"schema": 1, "state": "recording", "losses": None}
    assert (trace.path / "calls.bin").exists()
    assert (trace.path / "steps.bin").exists()


def test_finished(trace):
    trace.append("calls", b"cell")
    trace.finish("complete", {"losses": {"calls": 0}})
    assert manifest(trace) == {"schema": 1, "state": "complete", "losses": {"calls": 0}}
    assert sorted(path.name for path in trace.path.iterdir()) == [
        "calls.bin", "manifest.json", "steps.bin",
    ]  # fmt: skip


def test_room_for_the_last_manifest_is_taken_at_once(trace):
    draft = (trace.path / "manifest.json.new").stat()
    assert draft.st_size >= 16384
    assert draft.st_blocks * 512 >= 16384


def test_no_room_at_all_leaves_nothing(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(TracerError, match="No space left on device; free some space") as caught:
        TraceDirectory(tmp_path / "x.trace", {})
    assert caught.value.exit_code == 1
    assert not (tmp_path / "x.trace").exists()


def test_append_writes_all_of_a_cell_or_nothing(trace):
    trace.append("calls", b"first")
    with no_file_longer_than(8), pytest.raises(TracerError, match=r"cannot write .*/calls.bin"):
        trace.append("calls", b"second")
    trace.append("calls", b"third")
    assert (trace.path / "calls.bin").read_bytes() == b"firstthird"


def test_truth_is_kept_whole_or_not_at_all(trace, tmp_path):
    (tmp_path / "truth").write_text('{"schema": 1}')
    with no_file_longer_than(5), pytest.raises(TracerError, match=r"cannot write .*/truth.json"):
        trace.keep_truth(tmp_path / "truth")
    assert not (trace.path / "truth.json").exists()
    trace.keep_truth(tmp_path / "truth")
    assert (trace.path / "truth.json").read_text() == '{"schema": 1}'


def test_removed(trace):
    trace.remove()
    assert not trace.path.exists()


@pytest.mark.parametrize(
    ("euid", "variables", "owner"),
    [
        (0, {"SUDO_UID": "1000", "SUDO_GID": "1001"}, (1000, 1001)),
        (0, {}, None),
        (1000, {"SUDO_UID": "1000", "SUDO_GID": "1001"}, None),
    ],
)
def test_under_sudo_the_caller_owns_it(trace, monkeypatch, euid, variables, owner):
    given: dict[str, tuple[int, int]] = {}
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.delenv("SUDO_GID", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    monkeypatch.setattr(
        os, "chown", lambda path, uid, gid, follow_symlinks: given.update({path.name: (uid, gid)})
    )
    give_to_sudo_user(trace.path)
    names = ["x.trace", "calls.bin", "steps.bin", "manifest.json", "manifest.json.new"]
    assert given == (dict.fromkeys(names, owner) if owner else {})
