"""Finds kernel headers for BCC, which compiles on the machine that is traced.

Exact headers are BCC's own business; where there are none, those of another version serve:
the probes take no place of a field from them that differs between versions (pt_regs and
wait_queue_entry are old and stable; where task_struct has its pid is found by looking, see
:mod:`tracer.taskpid`).

Source: bcc 0.26, src/cc/frontends/clang/loader.cc and kbuild_helper.cc.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tracer.errors import KernelError

MODULES: Final = Path("/lib/modules")
KHEADERS: Final = Path("/sys/kernel/kheaders.tar.xz")
VARIABLE: Final = "BCC_KERNEL_SOURCE"

_KCONFIG: Final = "include/linux/kconfig.h"
_BUILD_INCLUDES: Final = (
    "arch/x86/include", "arch/x86/include/generated/uapi", "arch/x86/include/generated",
    "include", "arch/x86/include/uapi", "include/uapi", "include/generated",
    "include/generated/uapi",
)  # fmt: skip


class Headers(NamedTuple):
    """Headers that BCC can use, and how it is told."""

    path: Path
    exact: bool
    """They are those of the running kernel."""
    source: str | None
    """Value for BCC_KERNEL_SOURCE; None: BCC finds them by itself."""
    cflags: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the path, and that they are of another version where they are."""
        return str(self.path) + ("" if self.exact else " (of another version)")


def find(
    release: str,
    environment: Mapping[str, str] = os.environ,
    modules: Path = MODULES,
    kheaders: Path = KHEADERS,
) -> Headers:
    """Return the headers to compile with on a kernel of ``release``.

    Raises:
        KernelError: there are none; names the package.
    """
    if asked := environment.get(VARIABLE):
        if not (Path(asked) / _KCONFIG).is_file():
            raise KernelError(
                f"{VARIABLE} is {asked}, where there are no kernel headers (no {_KCONFIG})"
            )
        return Headers(Path(asked), _of_release(Path(asked), release), asked)
    if found := _installed(modules / release):
        return Headers(found.path, True, None)
    if kheaders.exists():
        return Headers(kheaders, True, None)
    others = (_installed(path) for path in _nearest(release, modules.glob("*")))
    for other in others:
        if other:
            return other
    raise KernelError(
        f"the bcc loader needs kernel headers and found none: no {modules / release}/build, no "
        f"{kheaders}, none of another version in {modules}; install linux-headers-{release}, or "
        "linux-headers-amd64: another version's serve too (Fedora: kernel-devel); or set "
        f"{VARIABLE}"
    )


def _installed(directory: Path) -> Headers | None:
    """Return the headers of one directory of /lib/modules; distributions may split them."""
    build, source = directory / "build", directory / "source"
    if build.is_dir() and (source / _KCONFIG).is_file():
        cflags = tuple(f"-I{build}/{include}" for include in _BUILD_INCLUDES)
        return Headers(build, False, str(source), cflags)
    if (build / _KCONFIG).is_file():
        return Headers(build, False, str(build))
    return None


def _of_release(path: Path, release: str) -> bool:
    file = path / "include/config/kernel.release"
    return file.is_file() and file.read_text().strip() == release


def _nearest(release: str, directories: Iterable[Path]) -> list[Path]:
    """Order directories named by release: the next older first, then the next newer."""
    wanted = _numbers(release)
    known = sorted(directories, key=lambda path: _numbers(path.name))
    older = [path for path in known if _numbers(path.name) <= wanted]
    newer = [path for path in known if _numbers(path.name) > wanted]
    return older[::-1] + newer


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release))
