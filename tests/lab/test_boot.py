"""What a boot reports, without booting (tests/live boots)."""

from pathlib import Path

import pytest

from tracer.lab import boot as lab
from tracer.lab import kvm
from tracer.lab.cache import cache_dir
from tracer.lab.guest import Streams
from tracer.lab.job import Job
from tracer.lab.kernels import Kernel
from tracer.lab.machine import Machine
from tracer.shared.errors import LabError, UsageError

pytestmark = pytest.mark.usefixtures("cache")

PANIC = """\
[    5.0] sysrq: Trigger a crash
[    5.1] Kernel panic - not syncing: sysrq triggered crash
[    5.2] CPU: 0 PID: 1 Comm: sh
"""


def test_a_crash_is_shown_from_its_first_words(tmp_path: Path) -> None:
    machine = Machine(Kernel("6.1.0-56-amd64", Path("vmlinuz"), None), Job(tmp_path), tmp_path)
    words = lab._what_happened(machine, True, 300, PANIC + "[ 6] trace\n" * 40)
    assert words.splitlines()[:3] == [
        "kernel 6.1.0-56-amd64 panicked before the command started",
        "its console:",
        "  [    5.1] Kernel panic - not syncing: sysrq triggered crash",
    ]


def test_a_guest_that_says_nothing(tmp_path: Path) -> None:
    machine = Machine(Kernel("6.1.0-56-amd64", Path("vmlinuz"), None), Job(tmp_path), tmp_path)
    words = lab._what_happened(machine, False, 2.5, "")
    assert words.endswith("console printed nothing")
    assert "did not end in 2.5 s" in words


def test_a_hang_names_the_last_line_that_the_guest_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(_machine: object, streams: Streams, *_: object) -> bool:
        streams.stdout.output += b"phase 1\nphase 2\n\n"
        return False

    monkeypatch.setattr(lab, "run_guest", hang)
    with pytest.raises(LabError, match=r"did not end in 3 s(.*\n)+its last line: phase 2$"):
        lab.boot(Kernel("x", Path("vmlinuz"), None), ["true"], deadline_s=3, use_kvm=False)


def test_a_guest_that_kvm_cannot_start_is_emulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bool] = []

    def run_guest(machine: Machine, *_: object) -> bool:
        tried.append(machine.kvm)
        if not machine.kvm:
            (machine.job.path / "status").write_text("0\n")
        return True

    monkeypatch.setattr(lab, "run_guest", run_guest)
    monkeypatch.setattr(kvm, "usable", lambda _image, _progress: True)
    result = lab.boot(Kernel("6.1.0-56-amd64", Path("vmlinuz"), None), ["true"])
    assert tried == [True, False]
    assert not result.kvm
    assert (cache_dir() / "kvm").read_text().endswith(" no\n")


@pytest.mark.parametrize("are_whole", [True, False])
def test_output_that_did_not_come_whole_is_reported(
    are_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def run_guest(machine: Machine, streams: Streams, *_: object) -> bool:
        for stream in (streams.stdout, streams.stderr, streams.notes):
            stream.is_whole = are_whole
        (machine.job.path / "status").write_text("0\n")
        return True

    monkeypatch.setattr(lab, "run_guest", run_guest)
    kernel = Kernel("6.1.0-56-amd64", Path("vmlinuz"), None)
    assert lab.boot(kernel, ["true"], use_kvm=False, progress=said.append).exit_code == 0
    assert ["may be missing" in line for line in said] == ([] if are_whole else [True])


def test_a_share_must_be_a_directory(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a directory"):
        lab.boot(Kernel("x", Path("vmlinuz"), None), ["true"], share=tmp_path / "none")
