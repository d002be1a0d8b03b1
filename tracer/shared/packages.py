"""What to install if something is missing, by this distribution's package names."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Final, NamedTuple

from tracer.shared import arch
from tracer.shared.message import Message, joined, message


class Distribution(NamedTuple):
    """A family of distributions: how it installs, and what its packages are called."""

    title: str
    install: str
    packages: Mapping[str, str]
    """Thing → package, if the two have different names."""

    def command(self, things: tuple[str, ...]) -> str:
        """Return the command that installs ``things``: programs by their names, libbpf, bcc …"""
        alike = {arch.here().qemu: arch.here().qemu_package}
        names = sorted({(alike | dict(self.packages)).get(thing, thing) for thing in things})
        return f"{self.install} {' '.join(names)}"


_DEBIAN: Final = {
    "apt-cache": "apt", "apt-get": "apt", "bcc": "python3-bpfcc", "busybox": "busybox-static",
    "depmod": "kmod", "dpkg-deb": "dpkg", "libbpf": "libbpf1", "modprobe": "kmod",
    "setpriv": "util-linux",
}  # fmt: skip
_ELSEWHERE: Final = {
    "apt-cache": "apt", "apt-get": "apt", "depmod": "kmod", "dpkg-deb": "dpkg", "modprobe": "kmod",
    "setpriv": "util-linux",
}  # fmt: skip


def _distributions() -> dict[str, Distribution]:
    """Return the families by their ID in os-release(5)."""
    headers = {"headers": arch.here().headers_package}
    ubuntu = {**_DEBIAN, "headers": "linux-headers-generic"}
    fedora = {**_ELSEWHERE, "bcc": "python3-bcc", "headers": "kernel-devel"}
    archlinux = {**_ELSEWHERE, "bcc": "python-bcc", "headers": "linux-headers"}
    return {
        "debian": Distribution("Debian", "apt-get install", _DEBIAN | headers),
        "ubuntu": Distribution("Ubuntu", "apt-get install", ubuntu),
        "fedora": Distribution("Fedora", "dnf install", fedora),
        "arch": Distribution("Arch", "pacman -S", archlinux),
    }


def install(*things: str) -> Message:
    """Return the command that installs ``things`` here; those of all families if unknown.

    KernelError: tracer does not know the architecture.
    """
    known = _distributions()
    here = next((known[name] for name in _names() if name in known), None)
    if here is not None:
        return message("{command}", command=here.command(things))
    each = (
        message("{command} ({distribution})", command=row.command(things), distribution=row.title)
        for row in known.values()
    )
    return joined(", ", each)


def _names() -> list[str]:
    """Return the IDs of this distribution and of those it derives from, nearest first."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return []
    return [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
