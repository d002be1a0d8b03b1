"""Ensures that a kernel in the cache is what was unpacked: checksums, checked before a boot.

The packages come through apt, which checks their signatures; nothing does so afterwards. These
checksums detect damage, a half-copied cache, and files that were added. Whoever can write to the
cache can change them too, so it is checked first that nobody else can (`tracer.lab.cache`).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tracer.lab.cache import check_owner
from tracer.shared.errors import LabError
from tracer.shared.message import message

SEAL: Final = "SHA256SUMS"
_LINK: Final = "link"


def seal(tree: Path) -> None:
    """Write down what ``tree`` holds."""
    (tree / SEAL).write_text("".join(f"{sum_}  {name}\n" for name, sum_ in _sums(tree)))


def is_sealed(tree: Path) -> bool:
    """Tell whether ``tree`` was complete when it was put there."""
    return (tree / SEAL).is_file()


def check(tree: Path) -> None:
    """Raise LabError if others can write to ``tree``, or it has changed.

    Whoever can write to its parent directory could replace all of it afterwards.
    """
    for path in (tree.parent, tree, tree / SEAL):
        check_owner(path)
    sums = dict(_parsed(line) for line in (tree / SEAL).read_text("utf-8").splitlines())
    for name, found in _sums(tree):
        if sums.pop(name, None) != found:
            raise _changed(tree, name)
    if sums:
        raise _changed(tree, next(iter(sums)))


def _parsed(line: str) -> tuple[str, str]:
    found, _, name = line.partition("  ")
    return name, found


def _changed(tree: Path, name: str) -> LabError:
    return LabError(
        message(
            "{tree}: {name} has changed since it was unpacked; remove the kernel and fetch it "
            "again: tracer lab rm {release}; tracer lab fetch {release}",
            tree=tree,
            name=name,
            release=tree.name,
        )
    )


def _sums(tree: Path) -> Iterator[tuple[str, str]]:
    """Return each file's name and checksum, each link's name and target; owners are checked."""
    for entry in _entries(tree):
        name = os.path.relpath(entry.path, tree)
        if entry.is_symlink():
            target = os.fsencode(Path(entry.path).readlink())
            yield name, f"{_LINK}:{hashlib.sha256(target).hexdigest()}"
            continue
        check_owner(Path(entry.path))
        if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            if name != SEAL:
                with open(entry.path, "rb") as file:  # noqa: PTH123 -- 4,000 files: no Path of each
                    yield name, hashlib.file_digest(file, "sha256").hexdigest()
        elif not entry.is_dir(follow_symlinks=False):
            raise _changed(tree, name)


def _entries(directory: Path | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)
