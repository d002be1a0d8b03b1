"""Names of kernels: ``6.1`` is a series, ``6.1.0-56-amd64`` a release."""

from __future__ import annotations

import re
from collections.abc import Iterable

DEFAULT = "6.1"
"""The series of experiments that name no kernel: Debian 12's own, a long-term one."""

# Stock builds only: no -rt-, no -cloud-, no -unsigned or -dbg, no ~rc, no metapackage (6.12-amd64).
_RELEASE = re.compile(r"\d+\.\d+\.\d+[^-]*(-\d[\w.+~]*)?-amd64")
_SERIES = re.compile(r"\d+\.\d+")
_PREFIX = "linux-image-"


def is_series(name: str) -> bool:
    """Tell whether ``name`` is a series such as ``6.1``."""
    return _SERIES.fullmatch(name) is not None


def is_release(name: str) -> bool:
    """Tell whether ``name`` is the release of a stock amd64 kernel."""
    return _RELEASE.fullmatch(name) is not None


def series_of(release: str) -> str:
    """Return the series of a release.

    >>> series_of("6.12.107+deb13-amd64")
    '6.12'
    """
    return ".".join(release.split(".")[:2])


def in_order(releases: Iterable[str]) -> list[str]:
    """Return the releases from oldest to newest, each once."""
    return sorted(set(releases), key=_order)


def newest(name: str, releases: Iterable[str]) -> str | None:
    """Return the newest of ``releases`` that a series or a full release names, or None."""
    named = [release for release in releases if name in (release, series_of(release))]
    return in_order(named)[-1] if named else None


def releases_among(packages: Iterable[str]) -> list[str]:
    """Return the releases of the stock kernels among package names, oldest first."""
    names = (name.removeprefix(_PREFIX) for name in packages if name.startswith(_PREFIX))
    return in_order(filter(is_release, names))


def package_of(release: str) -> str:
    """Return the name of the package that installs a release."""
    return f"{_PREFIX}{release}"


def _order(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release.removesuffix("-amd64")))
