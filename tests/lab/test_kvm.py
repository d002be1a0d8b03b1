"""KVM is tried on a fake QEMU."""

import os
import stat
from pathlib import Path

import pytest

from tracer.lab import kvm
from tracer.lab.cache import cache_dir
from tracer.shared import arch

pytestmark = pytest.mark.usefixtures("cache")


def qemu(home: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> list[str]:
    """Put a fake QEMU on PATH and a device that anyone may open; return the calls made."""
    asked: list[str] = []
    (home / arch.here().qemu).write_text(f"#!/bin/sh\n{script}\n")
    (home / arch.here().qemu).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{home}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(kvm, "DEVICE", home)
    monkeypatch.delenv("TRACER_KVM", raising=False)
    return asked


@pytest.mark.parametrize(
    ("script", "works"),
    [
        ("echo '[1.0] Kernel panic - not syncing: VFS'", True),
        ("echo 'Linux version'", False),
        ("echo 'Kernel panic'; kill -ABRT $$", False),
        ("exec sleep 60", False),
    ],
)
def test_kvm_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, works: bool
) -> None:
    asked = qemu(tmp_path, monkeypatch, script)
    monkeypatch.setattr(kvm, "TRIAL_S", 0.5)
    assert kvm.usable(Path("vmlinuz"), asked.append) is works
    assert kvm.usable(Path("vmlinuz"), asked.append) is works
    assert asked == ["trying KVM"]


def test_kvm_is_tried_again_after_a_reboot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    asked = qemu(tmp_path, monkeypatch, "echo Kernel panic")
    cache_dir()
    (cache / "kvm").write_text("another-boot no\n")
    assert kvm.usable(Path("vmlinuz"), asked.append)


def test_kvm_can_be_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = qemu(tmp_path, monkeypatch, "echo Kernel panic")
    monkeypatch.setenv("TRACER_KVM", "0")
    assert not kvm.usable(Path("vmlinuz"), asked.append)
    assert asked == []
