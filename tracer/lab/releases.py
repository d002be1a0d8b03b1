"""Names of kernels: ``6.1`` is a series, ``6.1.0-56-ARCH`` a release.

A flavour (another configuration of the same source) is a series of its own: ``6.12-rt``.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable

from tracer.shared import arch

DEFAULT = "6.1"
"""The series for experiments that name no kernel: Debian 12's own, a long-term one."""

# Installable kernels: no -unsigned or -dbg, no ~rc, no metapackage (6.12-ARCH).
_RELEASE = re.compile(
    r"\d+\.\d+\.\d+[^-]*(?:-\d[\w.+~]*)?(?:-(?P<flavour>[a-z]+))?"
    rf"-(?P<arch>{'|'.join(row.debian for row in arch.ARCHITECTURES)})"
)
_SERIES = re.compile(r"\d+\.\d+(?:-(?P<flavour>[a-z]+))?")
_LIKE_A_SERIES = re.compile(r"\d+(?:\.\d+)*(?:-(?P<flavour>[a-z]+))?")
_PREFIX = "linux-image-"


def is_series(name: str) -> bool:
    """Tell whether ``name`` is a series such as ``6.1`` or ``6.12-rt``."""
    return _SERIES.fullmatch(name) is not None


def is_release(name: str) -> bool:
    """Tell whether ``name`` is the release of a stock kernel of this architecture."""
    found = _RELEASE.fullmatch(name)
    return found is not None and found["arch"] == arch.here().debian


def series_of(release: str) -> str:
    """Return the series of a release.

    >>> series_of("6.12.107+deb13"), series_of(f"6.12.107+deb13-rt-{arch.here().debian}")
    ('6.12', '6.12-rt')
    """
    numbers, flavour = ".".join(release.split(".")[:2]), flavour_of(release)
    return f"{numbers}-{flavour}" if flavour else numbers


def flavour_of(name: str) -> str:
    """Return the flavour of a series or a release; "" for the ordinary build."""
    found = _RELEASE.fullmatch(name) or _SERIES.fullmatch(name)
    return (found and found["flavour"]) or ""


def in_order(releases: Iterable[str]) -> list[str]:
    """Return the releases from oldest to newest, each once."""
    return sorted(set(releases), key=_order)


def by_series(releases: Iterable[str]) -> dict[str, list[str]]:
    """Return series → its releases, both newest first; a series comes before its flavours."""
    found: dict[str, list[str]] = {}
    for release in reversed(in_order(releases)):
        found.setdefault(series_of(release), []).append(release)
    ordered = sorted(found, key=flavour_of)
    ordered.sort(key=lambda series: _order(series)[0], reverse=True)
    return {series: found[series] for series in ordered}


def newest(name: str, releases: Iterable[str]) -> str | None:
    """Return the newest of ``releases`` that a series or a full release names, or None."""
    named = [release for release in releases if name in (release, series_of(release))]
    return in_order(named)[-1] if named else None


def nearest(name: str, series: Iterable[str]) -> list[str]:
    """Return which of ``series`` of the same flavour come right before and after ``name``.

    Empty for a ``name`` that does not look like a series.

    >>> nearest("9.9", ["5.10", "6.1", "6.1-rt"]), nearest("6", ["5.10", "6.1", "6.1-rt"])
    (['6.1'], ['5.10', '6.1'])
    """
    like = _LIKE_A_SERIES.fullmatch(name)
    if like is None:
        return []
    flavour = like["flavour"] or ""
    alike = sorted((each for each in series if flavour_of(each) == flavour), key=_order)
    at = bisect.bisect([_order(each) for each in alike], _order(name))
    return alike[max(at - 1, 0) : at + 1]


def releases_among(packages: Iterable[str]) -> list[str]:
    """Return the releases of the kernels among package names, oldest first."""
    names = (name.removeprefix(_PREFIX) for name in packages if name.startswith(_PREFIX))
    return in_order(filter(is_release, names))


def package_of(release: str) -> str:
    """Return the name of the package that installs a release."""
    return f"{_PREFIX}{release}"


def _order(name: str) -> tuple[tuple[int, ...], str]:
    numbers = re.findall(r"\d+", name.removesuffix(f"-{arch.here().debian}"))
    return tuple(int(number) for number in numbers), flavour_of(name)
