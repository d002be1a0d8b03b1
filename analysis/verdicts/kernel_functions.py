"""The kernel functions that claims are about: source files, links, how they were compiled."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.trace.manifest import Manifest, PlanRow
from tracer.shared.catalogue import hooks
from tracer.shared.message import message

_UNHOOKED: Final = {"files_maxfiles_init": "fs/file_table.c"}
"""Functions without a hook: their files, as of 6.1."""
_HOOKED: Final = re.compile(r"(\w\S*/\S+) (\w+)\(\)")
"""How the catalogue of hooks writes a function's file and name."""

EARLIER: Final = {"io_uring/poll.c": ((6, 0), "fs/io_uring.c")}
"""By file: the release that introduced it, and where its functions were before."""

SOURCE: Final = "https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git/tree/"
_UPSTREAM: Final = re.compile(r"\bDebian (\d+\.\d+(?:\.\d+)?)-")
_RELEASE: Final = re.compile(r"^(\d+\.\d+(?:\.\d+)?)(?:$|[-+])")


@dataclass(frozen=True)
class KernelFunction:
    """A function on one kernel.

    ``tag`` is the upstream release, "6.1.192", and ``link`` that of the file at its tag; both are
    "" where the kernel names none.
    ``remark`` says how the compiler changed the function; "": not at all, or not known.
    """

    name: str
    file: str
    tag: str
    link: str
    remark: str


@functools.cache
def files() -> Mapping[str, str]:
    """Return the functions that a claim can name, each with its file, as of 6.1."""
    found = (_HOOKED.match(hook.source) for hook in hooks())
    return _UNHOOKED | {match[2]: match[1] for match in found if match}


def functions_on(names: Sequence[str], manifest: Manifest) -> tuple[KernelFunction, ...]:
    """Return ``names``, from :func:`files`, as they are on the kernel of ``manifest``."""
    return tuple(_functions(names, manifest))


def _functions(names: Sequence[str], manifest: Manifest) -> Iterator[KernelFunction]:
    tag = tag_of(manifest.release, manifest.kernel.version)
    for name in names:
        file = _file(name, tag)
        link = f"{SOURCE}{file}?h=v{tag}" if tag else ""
        yield KernelFunction(name, file, tag, link, _remark(name, manifest.plan))


def tag_of(release: str, version: str) -> str:
    """Return the upstream release that a kernel is built from; "" if neither text tells.

    >>> tag_of("6.1.0-56-amd64", "#1 SMP Debian 6.1.192-2 (2026-11-16)")
    '6.1.192'
    >>> tag_of("6.18.44-custom", "#1 SMP"), tag_of("mine", "#1")
    ('6.18.44', '')
    """
    found = _UPSTREAM.search(version) or _RELEASE.match(release)
    return found[1].removesuffix(".0") if found else ""


def _file(name: str, tag: str) -> str:
    file = files()[name]
    since, before = EARLIER.get(file, ((0, 0), file))
    series = tuple(map(int, tag.split(".")[:2])) if tag else since
    return file if series >= since else before


def _remark(name: str, plan: Sequence[PlanRow]) -> str:
    """Return what ``plan`` tells about ``name``: inlined, or there under another name."""
    row = next((row for row in plan if name in (row.hook, _symbol(row))), None)
    if row is None or row.attached is None or _symbol(row) == name:
        return ""
    symbol = _symbol(row)
    if row.stands_for == name:
        return message("inlined into {symbol}", symbol=symbol)
    if symbol.startswith(f"{name}."):
        return message("compiled as {symbol}", symbol=symbol)
    return message("called {symbol} here", symbol=symbol)


def _symbol(row: PlanRow) -> str:
    return row.attached.partition(":")[2] if row.attached else ""
