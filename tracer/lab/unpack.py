"""From packages to a directory the lab can boot from.

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
"""Drivers of things the virtual machine hasn't got: two thirds of 400 MB of modules.

What is left out is left out by directory, so a module's dependencies (which are not drivers
of such hardware, or it would be one too) stay where depmod finds them.
"""


def unpack(packages: Iterable[Path], into: Path, release: str) -> None:
    """Unpack a kernel's packages into ``into``, and the image in them; index the modules.

    Raises `LabError` where a package is damaged, the disk is full, or no kernel was in it.
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
    """Bring every packaging to one layout.

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
