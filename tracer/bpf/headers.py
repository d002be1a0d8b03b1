"""Finds kernel headers for BCC, which compiles on the machine that is traced.

Exact headers are BCC's own business; where there are none, those of another version serve: the
probes use no field offset from them that differs between versions (pt_regs and wait_queue_entry are
old and stable; the offset of task_struct.pid is found by searching, see :mod:`tracer.bpf.taskpid`).

Source: bcc 0.26, src/cc/frontends/clang/loader.cc and kbuild_helper.cc.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tracer.shared import arch
from tracer.shared.errors import KernelError
from tracer.shared.message import message
from tracer.shared.packages import install

MODULES: Final = Path("/lib/modules")
SOURCES: Final = Path("/usr/src")
KHEADERS: Final = Path("/sys/kernel/kheaders.tar.xz")
VARIABLE: Final = "BCC_KERNEL_SOURCE"

_KCONFIG: Final = "include/linux/kconfig.h"
_BUILT: Final = "include/generated/autoconf.h"
_INCLUDED: Final = re.compile(r"^include (\S+)/Makefile$", re.MULTILINE)
_BUILD_INCLUDES: Final = (
    "arch/{}/include", "arch/{}/include/generated/uapi", "arch/{}/include/generated",
    "include", "arch/{}/include/uapi", "include/uapi", "include/generated",
    "include/generated/uapi",
)  # fmt: skip


class Headers(NamedTuple):
    """Headers that BCC can use, and how to tell BCC."""

    path: Path
    release: str
    exact: bool
    """They are those of the running kernel."""
    source: str | None
    """Value for BCC_KERNEL_SOURCE; None: BCC unpacks them by itself."""
    cflags: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the path, noting headers of another version."""
        return str(self.path) + ("" if self.exact else " (of another version)")


def find(
    release: str,
    environment: Mapping[str, str] = os.environ,
    modules: Path = MODULES,
    sources: Path = SOURCES,
    kheaders: Path = KHEADERS,
) -> Headers:
    """Return the headers to compile with on a kernel of ``release``.

    Raises:
        KernelError: there are none; it names the package to install.
    """
    if asked := environment.get(VARIABLE):
        if not (Path(asked) / _KCONFIG).is_file():
            raise KernelError(
                message(
                    "{variable} is {asked}, which has no kernel headers (no {kconfig})",
                    variable=VARIABLE,
                    asked=asked,
                    kconfig=_KCONFIG,
                )
            )
        return _headers(Path(asked), _release_of(Path(asked)), release, Path(asked))
    installed = _installed(release, modules, sources)
    exact = next((found for found in installed if found.exact), None)
    if exact is None and kheaders.exists():
        return Headers(kheaders, release, True, None)
    if not installed:
        raise KernelError(
            message(
                "the bcc loader needs kernel headers and found none: no {modules}/build, no "
                "{kheaders}, none of another version in {all_modules} or {sources}; run: "
                "{command} (another version's headers work too), or set {variable}",
                modules=modules / release,
                kheaders=kheaders,
                all_modules=modules,
                sources=sources,
                command=install("headers"),
                variable=VARIABLE,
            )
        )
    return exact or min(installed, key=lambda found: _distance(found.release, release))


def _installed(release: str, modules: Path, sources: Path) -> list[Headers]:
    """Return all headers in /lib/modules/*/build and /usr/src; distributions may split them."""
    builds = [(path / "build", path.name, path / "source") for path in modules.glob("*")]
    for path in sources.glob("linux-headers-*"):
        builds.append((path, path.name.removeprefix("linux-headers-"), _common(path)))
    return [
        _headers(build, name, release, source)
        for build, name, common in builds
        for source in (common, build)
        if (build / _BUILT).is_file() and (source / _KCONFIG).is_file()
    ]


def _headers(build: Path, name: str, release: str, source: Path) -> Headers:
    cflags = tuple(f"-I{build}/{include.format(arch.here().kernel)}" for include in _BUILD_INCLUDES)
    return Headers(build, name, name == release, str(source), cflags if source != build else ())


def _common(build: Path) -> Path:
    """Return where Debian keeps what all flavours share, which the Makefile names."""
    makefile = build / "Makefile"
    match = _INCLUDED.search(makefile.read_text()) if makefile.is_file() else None
    return Path(match[1]) if match else build


def _release_of(path: Path) -> str:
    file = path / "include/config/kernel.release"
    return file.read_text().strip() if file.is_file() else "?"


def _distance(release: str, wanted: str) -> tuple[bool, list[int]]:
    """Order releases: the next older first, then the next newer."""
    there, here = _numbers(release), _numbers(wanted)
    newer = there > here
    return newer, [number if newer else -number for number in there]


def _numbers(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]
