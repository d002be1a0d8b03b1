"""Only the newest records of a long recording are kept, and the manifest says so first."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from tracer.recording import tracedir
from tracer.recording.keeping import CELLS, NS_PER_S, Keeping, Newest
from tracer.recording.tracedir import WITH_HOLES, TraceDirectory
from tracer.shared.errors import UsageError
from tracer.shared.records import SPOOLS

MIB = 1 << 20


class Recording:
    """A trace that grows on request, and its clock."""

    def __init__(self, path: Path, newest: Newest) -> None:
        self.trace = TraceDirectory(path / "x.trace", {"let_go": None}, WITH_HOLES)
        self.now_ns = 0
        self.written = dict.fromkeys(CELLS, 0)
        self.keeping = Keeping(self.trace, newest, lambda: self.now_ns)

    def grow(self, seconds: float, **records: int) -> None:
        self.now_ns += round(seconds * NS_PER_S)
        for name, count in records.items():
            os.write(self.trace.spool(name), b"x" * count * CELLS[name])
            self.written[name] += count
        self.keeping.discard_excess(self.written)

    def let_go(self) -> dict[str, int] | None:
        found: dict[str, int] | None = json.loads((self.trace.path / "manifest.json").read_text())[
            "let_go"
        ]
        return found

    def on_disk(self, name: str) -> int:
        os.fsync(self.trace.spool(name))
        return os.fstat(self.trace.spool(name)).st_blocks * 512


def test_size(tmp_path: Path) -> None:
    recording = Recording(tmp_path, Newest(size_bytes=8 * MIB))
    for _ in range(100):
        recording.grow(0.1, calls=4096, steps=4096)  # 768 KiB
    found = recording.let_go()
    assert found
    kept = {name: recording.written[name] - found[name] for name in CELLS}
    kept_bytes = sum(kept[name] * cell for name, cell in CELLS.items())
    assert 7 * MIB <= kept_bytes <= 8 * MIB
    assert recording.keeping.discarded == {name: found[name] for name in CELLS}
    for name, cell in CELLS.items():
        file = recording.trace.path / SPOOLS[name]
        assert file.stat().st_size == recording.written[name] * cell, "nothing in it moves"
        assert recording.on_disk(name) <= kept[name] * cell + 128 * 1024
        data = file.read_bytes()
        first = found[name] * cell
        assert not any(data[:first])
        assert data[first:] == b"x" * (len(data) - first)


def test_time(tmp_path: Path) -> None:
    recording = Recording(tmp_path, Newest(time_s=10))
    for _ in range(200):
        recording.grow(0.25, calls=10)
    found = recording.let_go()
    assert found
    age_s = (recording.now_ns - found["until_ns"]) / NS_PER_S
    assert 10 <= age_s <= 11
    assert found["calls"] == found["until_ns"] // (NS_PER_S // 4) * 10


def test_nothing_is_discarded_early(tmp_path: Path) -> None:
    recording = Recording(tmp_path, Newest(8 * MIB, 10))
    for _ in range(10):
        recording.grow(0.5, calls=1000)
    assert recording.let_go() is None
    assert recording.keeping.discarded == {"calls": 0, "steps": 0}


def test_the_manifest_says_so_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(tmp_path, Newest(size_bytes=MIB))
    said: list[dict[str, int] | None] = []
    monkeypatch.setattr(
        tracedir, "punch_hole", lambda _fd, _start, _size: said.append(recording.let_go())
    )
    recording.grow(1, calls=4096)
    recording.grow(1, calls=8192)
    assert said
    assert all(said)


def test_a_full_disk_makes_no_hole_that_nobody_knows_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = Recording(tmp_path, Newest(size_bytes=MIB))
    with monkeypatch.context() as patched:
        patched.setattr(recording.trace, "_write_manifest", full)
        for _ in range(4):
            recording.grow(1, calls=4096)
    assert recording.let_go() is None
    assert (recording.trace.path / SPOOLS["calls"]).read_bytes().strip(b"x") == b""
    for _ in range(4):
        recording.grow(1, calls=4096)
    found = recording.let_go()
    assert found
    assert recording.on_disk("calls") <= MIB + 128 * 1024, "of before, too"


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_system_without_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(tracedir, "punch_hole", refused)
    with pytest.raises(UsageError, match=r"cannot free a part of a file .*--max-size"):
        Recording(tmp_path, Newest(size_bytes=MIB))
