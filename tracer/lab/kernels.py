"""Which kernel is meant, and having it.

A kernel is named by series (``6.1``: the newest of it), by release (``6.1.0-56-amd64``) or
by the path of an image.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tracer.lab.archive import Archive, other_archive, own_archive, update_other_archive
from tracer.lab.cache import cache_dir, locked, staging
from tracer.lab.image import release_of
from tracer.lab.releases import in_order, is_release, is_series, newest, series_of
from tracer.lab.tools import Progress, silent
from tracer.lab.unpack import unpack
from tracer.shared.errors import LabError, UsageError, unknown_name
from tracer.shared.say import say


@dataclass(frozen=True)
class Kernel:
    """A kernel that can be booted."""

    release: str
    """As ``uname -r`` will say."""
    image: Path
    modules: Path | None
    """``lib/modules/RELEASE``; None: there is none, and the image must have 9p built in."""


def fetched() -> list[Kernel]:
    """Return the kernels in the cache, oldest release first."""
    home = cache_dir() / "kernels"
    releases = [path.name for path in home.iterdir()] if home.is_dir() else []
    return [_kernel_in(home / release, release) for release in in_order(releases)]


def available() -> list[str]:
    """Return the releases that apt's lists and the lab's know of, oldest first. No network."""
    return in_order([*own_archive().releases(), *other_archive().releases()])


def other_suites_known() -> bool:
    """Tell whether `available` has more to say than this machine's own suites."""
    return bool(other_archive().releases())


def resolve(name: str) -> Kernel:
    """Return a kernel that is here: in the cache, or an image given by its path.

    Raises `LabError` if it must be fetched first, `UsageError` if it is no kernel's name.
    """
    if _is_path(name):
        return _kernel_at(Path(name))
    found = _find_fetched(name)
    if found is None:
        _check(name)
        raise LabError(
            say("kernel {name} is not here yet; run: tracer lab fetch {name}", name=name)
        )
    return found


def fetch(name: str, progress: Progress = silent) -> Kernel:
    """Return a kernel, fetched from the archive if it is not here.

    A series that is here in any release is not fetched again: a warm run needs no network.

    Raises `LabError` if the archive, the network or the disk fails; `UsageError` with the
    nearest names if the archive has no such kernel.
    """
    if _is_path(name):
        return _kernel_at(Path(name))
    _check(name)
    found = _find_fetched(name)
    if found is not None:
        return found
    with locked(progress):
        return _find_fetched(name) or _fetch(name, progress)


def refresh(progress: Progress = silent) -> None:
    """Read the other suites' lists over the network, so that `available` knows them today."""
    with locked(progress):
        update_other_archive(progress)


def _is_path(name: str) -> bool:
    return os.sep in name or (not _is_name(name) and Path(name).is_file())


def _is_name(name: str) -> bool:
    return is_series(name) or is_release(name)


def _check(name: str) -> None:
    if not _is_name(name):
        raise _unknown(name)


def _unknown(name: str) -> UsageError:
    releases = available()
    known = releases if "-" in name else {series_of(release) for release in releases}
    return unknown_name("kernel", name, known)


def _find_fetched(name: str) -> Kernel | None:
    here = {kernel.release: kernel for kernel in fetched()}
    release = newest(name, here)
    return here[release] if release else None


def _kernel_in(home: Path, release: str) -> Kernel:
    return Kernel(release, home / f"boot/vmlinuz-{release}", home / f"lib/modules/{release}")


def _kernel_at(image: Path) -> Kernel:
    release, image = release_of(image), image.absolute()
    homes = [parent / "lib/modules" / release for parent in image.parents]
    return Kernel(release, image, next((home for home in homes if home.is_dir()), None))


def _fetch(name: str, progress: Progress) -> Kernel:
    archive, release = _choose(name, progress)
    with staging() as stage:
        downloads, tree = stage / "packages", stage / "tree"
        downloads.mkdir()
        tree.mkdir()
        progress(say("fetching kernel {release}", release=release))
        packages = archive.download(archive.packages(release), downloads)
        progress(say("unpacking kernel {release}", release=release))
        unpack(packages, tree, release)
        home = cache_dir() / "kernels" / release
        home.parent.mkdir(exist_ok=True)
        tree.rename(home)
    return _kernel_in(home, release)


def _choose(name: str, progress: Progress) -> tuple[Archive, str]:
    """Return the newest release of this distribution's own, else of the other suites."""
    archive = own_archive()
    release = newest(name, archive.releases())
    if release is None:
        archive = update_other_archive(progress)
        release = newest(name, archive.releases())
    if release is None:
        raise _unknown(name)
    return archive, release
