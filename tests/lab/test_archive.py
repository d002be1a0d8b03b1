"""What apt says, recorded; no network."""

import platform

import pytest

from tracer.lab import archive
from tracer.shared.errors import LabError

SPLIT = """\
linux-image-7.3.4+deb13-amd64
  PreDepends: linux-base
 |Depends: dracut
 |Depends: initramfs-tools
  Depends: <linux-initramfs-tool>
    dracut
    initramfs-tools
  Depends: linux-base-7.3.4+deb13-amd64
  Depends: linux-binary-7.3.4+deb13-amd64
  Depends: linux-modules-7.3.4+deb13-amd64
  Breaks: initramfs-tools
  Recommends: apparmor
  Suggests: linux-doc-7.3
"""

WHOLE = """\
linux-image-6.1.0-56-amd64
  Depends: kmod
  Depends: linux-base
 |Depends: initramfs-tools
  Depends: <linux-initramfs-tool>
    dracut
  Suggests: linux-doc-6.1
"""


def test_parts_of_a_split_kernel_carry_its_release() -> None:
    assert archive.parts_among(SPLIT, "7.3.4+deb13-amd64") == [
        "linux-base-7.3.4+deb13-amd64",
        "linux-binary-7.3.4+deb13-amd64",
        "linux-modules-7.3.4+deb13-amd64",
    ]


def test_a_whole_kernel_has_no_parts() -> None:
    assert archive.parts_among(WHOLE, "6.1.0-56-amd64") == []


def test_packages_follows_each_part_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "linux-image-7.3.4+deb13-amd64": SPLIT,
        "linux-modules-7.3.4+deb13-amd64": "  Depends: linux-binary-7.3.4+deb13-amd64\n",
    }
    monkeypatch.setattr(archive, "run", lambda argv, _doing: answers.get(argv[-1], ""))
    assert archive.own_archive().packages("7.3.4+deb13-amd64") == [
        "linux-image-7.3.4+deb13-amd64",
        "linux-base-7.3.4+deb13-amd64",
        "linux-binary-7.3.4+deb13-amd64",
        "linux-modules-7.3.4+deb13-amd64",
    ]


def test_the_base_is_where_the_own_suite_comes_from() -> None:
    targets = ["bookworm-security http://one/security/", "bookworm http://one/debian/"]
    assert archive.base_of(targets, "bookworm") == "http://one/debian/"
    assert archive.base_of(targets, "noble") is None


def test_another_distribution_is_told_what_it_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "run", lambda _argv, _doing: "noble http://one/ubuntu/\n")
    monkeypatch.setattr(
        platform,
        "freedesktop_os_release",
        lambda: {"ID": "ubuntu", "VERSION_CODENAME": "noble", "PRETTY_NAME": "Ubuntu 24.04"},
    )
    with pytest.raises(LabError, match=r"this is Ubuntu 24\.04 .*path of a kernel image"):
        archive._sources()


def test_a_machine_without_lists_is_told_to_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "run", lambda _argv, _doing: "")
    with pytest.raises(LabError, match="run: apt-get update"):
        archive._sources()
