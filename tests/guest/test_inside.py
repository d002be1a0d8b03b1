"""What the guest does about failed attempts."""

from __future__ import annotations

import json

import pytest

from tracer.bpf.misses import since
from tracer.guest import inside as guest
from tracer.guest.asked import Recording
from tracer.recording.recorded import Recorded

PHASES = [{"model": "poll", "rounds": 1}]


class FakeRecorder:
    """A stand-in for a recorder: each recording misses so many runs."""

    def __init__(self, *missed: int) -> None:
        self.missed, self.made = list(missed), 0

    def record(self, _command, path, **_):
        path.mkdir()
        (path / "manifest.json").write_text(json.dumps({"number": self.made}))
        self.made += 1
        return Recorded(path, "complete", 0, 1, 1, 0, missed=self.missed[self.made - 1])


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(guest, "LOCAL", tmp_path / "local")
    guest.LOCAL.mkdir()


def kept_in(share):
    return json.loads((share / "again-test.trace/manifest.json").read_text())["number"]


def record(recorder, share, **asked):
    job = Recording("again-test", "calls", phases=PHASES, deadline_s=1)._asdict() | asked
    return guest._record(recorder, job, share)


@pytest.mark.parametrize(
    ("missed", "kept"),
    [
        ((0, 0, 0, 0, 0), 0),
        ((2, 0, 0, 0, 0), 1),
        ((2, 1, 0, 0, 0), 2),
        ((2, 1, 7, 3, 1), 1),
        ((2, 3, 4, 5, 6), 0),
    ],
)
def test_a_workload_is_recorded_until_nothing_was_missed(tmp_path, missed, kept):
    answer = record(FakeRecorder(*missed), tmp_path)
    assert (answer["error"], answer["state"]) == (None, "complete")
    assert kept_in(tmp_path) == kept


def test_a_users_command_runs_once(tmp_path):
    record(FakeRecorder(2, 0), tmp_path, command=["true"])
    assert kept_in(tmp_path) == 0


def test_misses_count_from_the_recording_on():
    assert since({"a": 2, "b": None}, {"a": 5, "b": None, "c": 1}) == {"a": 3, "b": None, "c": 1}


def test_nothing_is_attached_once_it_was_asked_to_stop(tmp_path, monkeypatch):
    (tmp_path / guest.STOP).touch()
    monkeypatch.setattr(guest, "Recorder", None)
    monkeypatch.setattr(guest, "go_before_the_measured", lambda: None)
    job = {"loading": ["core", [], []], "clock": "boot", "hooks": [], "ring_mib": 1}
    recordings = [Recording(name, "calls", phases=PHASES)._asdict() for name in "ab"]
    assert guest._record_all(job | {"recordings": recordings}, tmp_path) == []
