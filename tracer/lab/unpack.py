"""Turns packages into a directory that the lab can boot from.

boot/{vmlinuz,vmlinux,config,System.map}-RELEASE   lib/modules/RELEASE/
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tracer.lab.packed import unpacked
from tracer.lab.tools import last_words, require, run
from tracer.shared.errors import LabError
from tracer.shared.message import message

NO_SUCH_HARDWARE = (
    *("gpu", "hid", "hwmon", "iio", "infiniband", "isdn", "media", "platform", "staging", "usb"),
    *("net/can", "net/ethernet", "net/wireless", "net/wwan"),
)
"""Drivers for hardware that the virtual machine lacks: two thirds of 400 MB of modules.

Whole directories are left out, so the dependencies of a remaining module stay (a module that
depended on such a driver would be one itself).
"""


def unpack(packages: Iterable[Path], into: Path, release: str) -> None:
    """Unpack a kernel's packages and its image into ``into``; index the modules.

    Raises `LabError` if a package is damaged, the disk is full, or there was no kernel in it.
    """
    for package in packages:
        _extract(package, into)
    _settle(into, release)
    image = into / f"boot/vmlinuz-{release}"
    if not image.is_file():
        raise LabError(
            message("the packages of {release} contain no kernel image", release=release)
        )
    if kernel := unpacked(image):
        (into / f"boot/vmlinux-{release}").write_bytes(kernel)
    run(["depmod", "-b", into, release], message("index the modules of {release}", release=release))


def _settle(tree: Path, release: str) -> None:
    """Bring all ways of packaging to one layout.

    Up to 6.1 modules are in /lib, later in /usr/lib. Split kernels (7.3) have the image among
    the modules, for the package's installation to copy to /boot.
    """
    if not (tree / "lib/modules").exists() and (tree / "usr/lib/modules").is_dir():
        (tree / "lib").mkdir(exist_ok=True)
        (tree / "usr/lib/modules").rename(tree / "lib/modules")
    (tree / "boot").mkdir(exist_ok=True)
    for name in ("vmlinuz", "config", "System.map"):
        packaged = tree / "lib/modules" / release / name
        if packaged.is_file():
            packaged.rename(tree / "boot" / f"{name}-{release}")
    shutil.rmtree(tree / "usr", ignore_errors=True)
    (tree / "usr").symlink_to(".")  # some builds of kmod look in /usr/lib only


def _extract(package: Path, into: Path) -> None:
    require("dpkg-deb", "tar")
    leave_out = ["*/kernel/sound", *(f"*/kernel/drivers/{name}" for name in NO_SUCH_HARDWARE)]
    tar = ["tar", "-x", "-C", str(into), *(f"--exclude={pattern}" for pattern in leave_out)]
    with (
        subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", package],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as source,
        subprocess.Popen(tar, stdin=source.stdout, stderr=subprocess.PIPE, text=True) as sink,
    ):
        assert source.stdout is not None
        source.stdout.close()
        words = sink.communicate()[1]
    if sink.returncode or source.returncode:
        raise LabError(
            message(
                "cannot unpack {name}: {last_words}",
                name=package.name,
                last_words=last_words(words),
            )
        )
