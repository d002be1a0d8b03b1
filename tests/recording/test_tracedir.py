"""A trace on disk: where it may be, its state at each moment, a disk that fills."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bpf.test_ring import no_file_longer_than
from tests.shared.sudo import CALLER, needs_root
from tracer.recording.tracedir import TraceDirectory, checked_path
from tracer.shared.errors import TracerError, UsageError


@pytest.fixture
def trace(tmp_path: Path) -> TraceDirectory:
    return TraceDirectory(tmp_path / "x.trace", {"losses": None})


def manifest(trace: TraceDirectory) -> dict[str, object]:
    return json.loads((trace.path / "manifest.json").read_text())


def open_fds() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def test_a_file_removed_meanwhile_is_an_error_and_no_fd_is_closed_twice(tmp_path, monkeypatch):
    def gone(*_names):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr("tracer.shared.directory.Directory.rename", gone)
    before = open_fds()
    with pytest.raises(TracerError, match="No such file"):
        TraceDirectory(tmp_path / "x.trace", {})
    assert open_fds() == before


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
        ("file/x.trace", "is not a directory"),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            checked_path(f"{tmp_path}/{name}")
        assert caught.value.exit_code == 2


def test_unwritable_parent(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with pytest.raises(UsageError, match=f"the directory {tmp_path} is not writable"):
        checked_path(f"{tmp_path}/x.trace")


def test_name_taken_since_it_was_checked(tmp_path):
    path = checked_path(f"{tmp_path}/x.trace")
    path.symlink_to(tmp_path / "nowhere")
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
        "calls.bin", "manifest.json", "steps.bin", "tasks.bin",
    ]  # fmt: skip


def test_space_for_the_last_manifest_is_reserved_at_once(trace):
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


def test_truth_is_kept_whole_or_not_at_all(trace):
    with no_file_longer_than(5), pytest.raises(TracerError, match=r"cannot write .*/truth.json"):
        trace.keep_truth(b'{"schema": 1}')
    assert not (trace.path / "truth.json").exists()
    trace.keep_truth(b'{"schema": 1}')
    assert (trace.path / "truth.json").read_text() == '{"schema": 1}'


def test_removed(trace):
    trace.remove()
    assert not trace.path.exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_for_its_owner_only_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        trace = TraceDirectory(tmp_path / "x.trace", {})
        trace.update({"losses": {}})
        trace.keep_truth(b"{}")
        trace.finish("complete", {})
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in trace.path.iterdir()} == {0o600}
    assert trace.path.stat().st_mode & 0o777 == 0o700


def test_manifest_during_the_recording(trace):
    for count in range(3):
        trace.update({"losses": {"calls": count}})
        assert manifest(trace)["losses"] == {"calls": count}
        assert manifest(trace)["state"] == "recording"
        assert (trace.path / "manifest.json.new").stat().st_size >= 16384
    trace.finish("complete", {})
    assert len(list(trace.path.iterdir())) == 4


def test_a_disk_without_room_for_an_update_keeps_the_room_for_the_end(trace, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    trace.update({"losses": {"calls": 1}})
    assert manifest(trace)["losses"] is None
    assert (trace.path / "manifest.json.new").stat().st_size >= 16384
    trace.finish("complete", {})
    assert manifest(trace) == {"schema": 1, "state": "complete", "losses": {"calls": 1}}


@needs_root
def test_under_sudo_the_caller_owns_it(called_by_sudo):
    trace = TraceDirectory(called_by_sudo / "x.trace", {})
    trace.append("calls", b"cell")
    trace.update({"losses": {}})
    trace.keep_truth(b"{}")
    trace.finish("complete", {})
    made = [trace.path, *trace.path.iterdir()]
    assert len(made) == 6
    assert {path.stat().st_uid for path in made} == {CALLER}


@needs_root
def test_under_sudo_a_link_in_the_place_of_a_file_leads_nowhere(called_by_sudo, tmp_path):
    """Root follows nothing that the user can put into a trace that is being made."""
    tmp_path.chmod(0o755)
    roots = tmp_path / "roots"
    roots.write_text("untouched")
    trace = TraceDirectory(called_by_sudo / "x.trace", {})
    for name in ("manifest.json", "manifest.json.new", "manifest.json.next", "truth.json"):
        (trace.path / name).unlink(missing_ok=True)
        (trace.path / name).symlink_to(roots)
    trace.update({"losses": {}})
    with suppress(TracerError):
        trace.keep_truth(b"ours")
    trace.finish("complete", {})
    assert (roots.read_text(), roots.stat().st_uid) == ("untouched", 0)


def test_removing_takes_only_what_was_made(trace):
    (trace.path / "mine").touch()
    trace.remove()
    assert [path.name for path in trace.path.iterdir()] == ["mine"]
