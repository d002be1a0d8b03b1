"""Lists kernels: those here, those that can be fetched, and those incomplete in the archive."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.lab.archive import other_archive, own_archive
from tracer.lab.releases import in_order


@dataclass(frozen=True)
class Listed:
    """A kernel of the archive's lists."""

    release: str
    missing: tuple[str, ...]
    """Packages that it needs and no list has."""


def listed() -> list[Listed]:
    """Return the kernels in apt's lists and the lab's, oldest first. No network."""
    missing: dict[str, tuple[str, ...]] = {}
    for archive in (own_archive(), other_archive()):
        for release, parts in archive.parts(archive.releases()).items():
            missing[release] = missing.get(release, parts.missing) and parts.missing
    return [Listed(release, missing[release]) for release in in_order(missing)]


def available() -> list[str]:
    """Return the releases that can be fetched, oldest first. No network."""
    return [each.release for each in listed() if not each.missing]


def other_suites_known() -> bool:
    """Tell whether `listed` has more to say than this machine's own suites."""
    return bool(other_archive().releases())
