"""Resolves the name of a kernel, and fetches it if needed.

A kernel is named by series (``6.1``, ``6.12-rt``: the newest of it), by release
(``6.1.0-56-ARCH``) or by the path of an image.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tracer.lab import needs, sealed
from tracer.lab.archive import Archive, Parts, own_archive, update_other_archive
from tracer.lab.cache import cache_dir, locked, staging
from tracer.lab.image import release_of
from tracer.lab.listing import available
from tracer.lab.releases import in_order, is_release, is_series, nearest, newest, series_of
from tracer.lab.tools import Progress, silent
from tracer.lab.unpack import unpack
from tracer.shared.errors import LabError, UsageError, unknown_name
from tracer.shared.message import message


@dataclass(frozen=True)
class Kernel:
    """A kernel that can be booted."""

    release: str
    """As ``uname -r`` will say."""
    image: Path
    modules: Path | None
    """``lib/modules/RELEASE``; None: there is none, so the image must have 9p built in."""
    unpacked: Path | None = None
    """The kernel that is compressed in ``image``, as an ELF file; None: not unpacked."""


def fetched() -> list[Kernel]:
    """Return the complete kernels in the cache, oldest release first."""
    home = cache_dir() / "kernels"
    here = home.iterdir() if home.is_dir() else ()
    releases = [path.name for path in here if sealed.is_sealed(path)]
    return [_kernel_in(home / release, release) for release in in_order(releases)]


def fetch(name: str, progress: Progress = silent) -> Kernel:
    """Return a kernel, fetched from the archive if it is not here.

    A series of which any release is here is not fetched again: a warm run needs no network.

    Raises `LabError` if the archive, the network or the disk fails, if the archive has only parts
    of the kernel, or if the lab has no way into it; `UsageError` with the nearest names if the
    archive has no such kernel.
    """
    kernel = _kernel_at(Path(name)) if _is_path(name) else _named(name, progress)
    if kernel.modules is not None:
        needs.check(kernel.release, kernel.modules)
    return kernel


def remove(names: Sequence[str], progress: Progress = silent) -> list[str]:
    """Remove kernels from the cache; return their releases. A series means all of it here.

    Raises `UsageError`, and removes nothing, if one of ``names`` matches no kernel here.
    """
    with locked(progress):
        here = [kernel.release for kernel in fetched()]
        found = {name: [each for each in here if name in (each, series_of(each))] for name in names}
        for name, releases in found.items():
            if not releases:
                raise unknown_name(message("kernel"), name, here)
        gone = in_order(release for releases in found.values() for release in releases)
        for release in gone:
            with staging() as stage:  # moved away in one step: whole or not at all
                (cache_dir() / "kernels" / release).rename(stage / release)
        return gone


def refresh(progress: Progress = silent) -> None:
    """Read the other suites' lists over the network, so that the lab knows their current state."""
    with locked(progress):
        update_other_archive(progress)


def _is_path(name: str) -> bool:
    return os.sep in name or (not _is_name(name) and Path(name).is_file())


def _is_name(name: str) -> bool:
    return is_series(name) or is_release(name)


def _named(name: str, progress: Progress) -> Kernel:
    if not _is_name(name):
        raise _unknown(name)
    found = _find_fetched(name)
    if found is not None:
        return found
    with locked(progress):
        return _find_fetched(name) or _fetch(name, progress)


def _unknown(name: str) -> UsageError:
    releases = available()
    series = {series_of(release) for release in releases}
    near = nearest(name, series)
    if not near:
        return unknown_name(message("kernel"), name, releases if "-" in name else series)
    hint = message("nearest: {names}", names=", ".join(near))
    return UsageError(
        message("unknown {kind} {name!r}; {hint}", kind="kernel", name=name, hint=hint)
    )


def _find_fetched(name: str) -> Kernel | None:
    here = {kernel.release: kernel for kernel in fetched()}
    release = newest(name, here)
    if release is None:
        return None
    sealed.check(cache_dir() / "kernels" / release)
    return here[release]


def _kernel_in(home: Path, release: str) -> Kernel:
    image, unpacked = (home / f"boot/{name}-{release}" for name in ("vmlinuz", "vmlinux"))
    modules = home / f"lib/modules/{release}"
    return Kernel(release, image, modules, unpacked if unpacked.is_file() else None)


def _kernel_at(image: Path) -> Kernel:
    release, image = release_of(image), image.absolute()
    homes = [parent / "lib/modules" / release for parent in image.parents]
    return Kernel(release, image, next((home for home in homes if home.is_dir()), None))


def _fetch(name: str, progress: Progress) -> Kernel:
    archive, release, packages = _choose(name, progress)
    with staging() as stage:
        downloads, tree = stage / "packages", stage / "tree"
        downloads.mkdir()
        tree.mkdir()
        progress(message("fetching kernel {release}", release=release))
        files = archive.download(packages, downloads)
        progress(message("unpacking kernel {release}", release=release))
        unpack(files, tree, release)
        home = cache_dir() / "kernels" / release
        home.parent.mkdir(exist_ok=True)
        sealed.seal(tree)
        if home.exists():  # from a version of tracer that made no seals
            home.rename(stage / "old")
        tree.rename(home)
    return _kernel_in(home, release)


def _choose(name: str, progress: Progress) -> tuple[Archive, str, Sequence[str]]:
    """Return the newest complete release: of this distribution's own, else of other suites.

    And the packages that make it up.
    """
    parts: dict[str, Parts] = {}
    for archive_now in (own_archive, partial(update_other_archive, progress)):
        archive = archive_now()
        named = [each for each in archive.releases() if name in (each, series_of(each))]
        parts = archive.parts(named) or parts
        release = newest(name, [each for each, made_of in parts.items() if not made_of.missing])
        if release is not None:
            return archive, release, parts[release].packages
    release = newest(name, parts)
    if release is None:
        raise _unknown(name)
    raise LabError(
        message(
            "kernel {release} cannot be completed: the archive has no {missing}; tracer lab list "
            "shows which kernels are complete",
            release=release,
            missing=", ".join(parts[release].missing),
        )
    )
