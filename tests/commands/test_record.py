"""``tracer record --kernel``: what it requests from the lab, and how it reports the outcome."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tracer import cli
from tracer.commands import record
from tracer.guest.asked import Outcome, Recording
from tracer.lab.kernels import Kernel


class Lab:
    """A stand-in for the lab: one outcome, and what was requested."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = Outcome("x", None, None, 0, 0, "complete")
        self.asked: Recording | None = None
        self.boot_s = 0.0

    def record(self, boot, **_):
        """Make a trace, as record_in_lab does."""
        (self.asked,), self.boot_s = boot.recordings, boot.deadline_s
        if self.outcome is None:
            return []
        if self.outcome.error:
            return [self.outcome]
        (boot.into / "x.trace").mkdir()
        return [self.outcome._replace(path=boot.into / "x.trace")]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lab:
    lab = Lab()
    kernel = Kernel("6.1.0-56-amd64", tmp_path / "vmlinuz", None)
    monkeypatch.setattr(record.kernels, "fetch", lambda *_: kernel)
    monkeypatch.setattr(record, "record_in_lab", lab.record)
    monkeypatch.chdir(tmp_path)
    return lab


def run(*arguments: str) -> int:
    return cli.main(["record", "--kernel", "6.1", "-o", "x.trace", *arguments])


def left() -> list[str]:
    return [path.name for path in Path().iterdir()]


def test_deadline_is_the_guests_and_the_boot_has_longer(lab):
    lab.outcome = lab.outcome._replace(state="interrupted", exit_status=-2)
    assert run("--deadline", "5", "--", "sleep", "100") == 130
    assert lab.asked.deadline_s == 5
    assert lab.boot_s >= 60
    assert left() == ["x.trace"]


def test_no_recording_outlasts_its_guest(lab):
    assert run("--", "sleep", "1") == 0
    assert lab.asked.deadline_s is not None
    assert lab.boot_s > lab.asked.deadline_s


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["--", "x"], 7, 7),
        (["--", "x"], -9, 137),
        (["--model", "poll"], 7, 1),
        (["--model", "poll"], 0, 0),
    ],
)
def test_exit_code(lab, arguments, status, code):
    lab.outcome = lab.outcome._replace(exit_status=status)
    assert run(*arguments) == code
    assert left() == ["x.trace"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_only_ctrl_c_ends_it_normally(lab, number, code):
    lab.outcome = lab.outcome._replace(exit_status=0, signal=number)
    assert run("--", "x") == code


def test_failure_in_the_guest(lab, capsys):
    lab.outcome = lab.outcome._replace(error="cannot run 'x'", exit_code=2, state=None)
    assert run("--", "x") == 2
    assert capsys.readouterr().err == "tracer: cannot run 'x'\n"
    assert left() == []


def test_stopped_before_anything_was_recorded(lab, capsys):
    lab.outcome = None
    assert run("--", "x") == 1
    assert "stopped before anything was recorded" in capsys.readouterr().err
    assert left() == []
