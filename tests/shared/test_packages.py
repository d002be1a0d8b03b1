"""What is missing is named with its package, on each family of distributions."""

from __future__ import annotations

import platform

import pytest

from tracer.shared import arch
from tracer.shared.packages import install

QEMU = arch.here().qemu
MISSING = ("busybox", "bcc", "headers", "libbpf", QEMU)


def on(monkeypatch: pytest.MonkeyPatch, **release: str) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ({"ID": "debian"}, "apt-get install busybox-static libbpf1 linux-headers-amd64 "
         "python3-bpfcc qemu-system-x86"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt-get install busybox-static libbpf1 "
         "linux-headers-generic python3-bpfcc qemu-system-x86"),
        ({"ID": "fedora"}, "dnf install busybox kernel-devel libbpf python3-bcc qemu-system-x86"),
        ({"ID": "manjaro", "ID_LIKE": "arch"}, "pacman -S busybox libbpf linux-headers python-bcc "
         "qemu-system-x86"),
    ],
    ids=lambda value: value["ID"] if isinstance(value, dict) else "",
)  # fmt: skip
@pytest.mark.skipif(arch.here().debian != "amd64", reason="names of this architecture's packages")
def test_each_family_has_its_own_names(release, command, monkeypatch):
    on(monkeypatch, **release)
    assert install(*MISSING) == command


def test_an_unknown_one_gets_all(monkeypatch):
    on(monkeypatch, ID="slackware")
    assert install("depmod", "modprobe") == (
        "apt-get install kmod (Debian), apt-get install kmod (Ubuntu), dnf install kmod (Fedora), "
        "pacman -S kmod (Arch)"
    )


def test_no_os_release(monkeypatch):
    def missing() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr(platform, "freedesktop_os_release", missing)
    assert "(Arch)" in install("file")
