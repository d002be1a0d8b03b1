"""The package archive this machine is set up for, asked through apt.

There are two views of it. The machine's own lists need no network to be read. The lists of other
suites are kept in the lab's cache, by an apt that is pointed there: the machine's own set-up does
not change. In both, apt checks the signatures: neither trusts an unsigned suite.
"""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tracer.lab.cache import cache_dir, check_tree
from tracer.lab.releases import package_of, releases_among
from tracer.lab.tools import Progress, run
from tracer.shared import arch
from tracer.shared.errors import LabError
from tracer.shared.message import message

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SOURCE = re.compile(rf"deb \[arch=\w+ signed-by={re.escape(str(KEYRING))}\] [^\s\[\]]+ \S+ main")
"""A line of the lab's list of sources; anything else in brackets could switch a check off."""

OTHER_SUITES = ("bullseye", "bookworm", "trixie", "bookworm-backports", "trixie-backports", "sid")
"""Suites of Debian that carry kernels from 5.10 to the newest."""

NO_SANDBOX = "-oAPT::Sandbox::User="
"""The cache is in a home directory, which apt's own user may not enter."""

FRESH_S = 3600
"""Lists that were updated less than this ago count as current."""


class Parts(NamedTuple):
    """What makes up a kernel."""

    packages: tuple[str, ...]
    missing: tuple[str, ...]
    """Packages that it depends on and the lists lack: it is incomplete."""


@dataclass(frozen=True)
class Archive:
    """One view of the archive: the options that point apt at its lists."""

    options: tuple[str, ...]

    def releases(self) -> list[str]:
        """Return the releases of the stock kernels in the lists, oldest first."""
        argv = ["apt-cache", *self.options, "pkgnames", package_of("")]
        return releases_among(run(argv, message("list kernel packages")).split())

    def parts(self, releases: Iterable[str]) -> dict[str, Parts]:
        """Return for each of ``releases`` the packages that make it up.

        From 6.19 on a kernel is split into parts, and linux-image only depends on them. The parts
        carry the release in their names; in backports their versions differ.
        """
        known: dict[str, list[str]] = {}
        images = {release: package_of(release) for release in releases}
        wanted = list(images.values())
        while wanted:
            argv = ["apt-cache", *self.options, "depends", *wanted]
            known |= depends_among(run(argv, message("look up what kernels are made of")))
            parts = dict.fromkeys(part for name in wanted for part in _carried(name, known))
            wanted = [part for part in parts if part not in known and not _is_virtual(part)]
        return {release: _parts(image, known) for release, image in images.items()}

    def download(self, packages: Sequence[str], into: Path) -> list[Path]:
        """Download packages into an empty directory; returns the files.

        Raises `LabError` where the network, the disk or a signature fails.
        """
        argv = ["apt-get", *self.options, "--quiet", "download", *packages]
        run(argv, message("download {packages}", packages=" ".join(packages)), cwd=into)
        return sorted(into.glob("*.deb"))


def depends_among(text: str) -> dict[str, list[str]]:
    """Return package → its dependencies, from the output of ``apt-cache depends``.

    A name in angle brackets is one for which the lists have no package.
    """
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in text.splitlines():
        depends = re.fullmatch(r"\s*\|?(?:Pre)?Depends: (\S+)", line)
        if depends:
            names.append(depends[1])
        elif not line.startswith(" "):
            names = found.setdefault(line, [])
    return found


def _is_virtual(name: str) -> bool:
    return name.startswith("<")


def _carried(package: str, known: Mapping[str, list[str]]) -> list[str]:
    """Return the direct dependencies of ``package`` that carry its release."""
    release = package.split("-", 2)[2]
    return [name for name in known.get(package, ()) if name.strip("<>").endswith(f"-{release}")]


def _parts(image: str, known: Mapping[str, list[str]]) -> Parts:
    names = [image]
    for name in names:  # the list grows meanwhile
        names += [part for part in _carried(name, known) if part not in names]
    missing = [name.strip("<>") for name in names if _is_virtual(name)]
    if len(names) - len(missing) == 1:
        # The image contains its modules: in 6.18, linux-base has only documentation.
        missing = [name for name in missing if not name.startswith("linux-base-")]
    return Parts(tuple(name for name in names if not _is_virtual(name)), tuple(missing))


def own_archive() -> Archive:
    """Return the view through the machine's own lists."""
    return Archive((NO_SANDBOX,))


def other_archive() -> Archive:
    """Return the view through the lab's lists of other suites, as they are now.

    Raises `LabError` if others could have written them, or if they name an archive whose signatures
    apt would not check.
    """
    home = cache_dir() / "apt"
    if home.exists():
        check_tree(home)
        _check_sources(home / "sources.list")
    return Archive(
        (
            f"-oDir::Etc::sourcelist={home}/sources.list",
            "-oDir::Etc::sourceparts=/dev/null",
            f"-oDir::State::lists={home}/lists",
            f"-oDir::Cache={home}/cache",
            # Container images turn apt's own cache off, which makes each look-up take seconds.
            "-oDir::Cache::pkgcache=pkgcache.bin",
            "-oDir::Cache::srcpkgcache=",
            # What is installed here must not matter.
            "-oDir::State::status=/dev/null",
            "-oAcquire::Languages=none",
            NO_SANDBOX,
        )
    )


def update_other_archive(progress: Progress) -> Archive:
    """Return the view of the other suites as they are today. Call it with the cache locked.

    A suite that cannot be read is reported through ``progress``, and its old lists are used. Raises
    `LabError` if nothing can be read, or this machine does not run Debian.
    """
    archive, home = other_archive(), cache_dir() / "apt"
    stamp = home / "updated"
    if stamp.exists() and time.time() - stamp.stat().st_mtime < FRESH_S:
        return archive
    for part in ("lists/partial", "cache/archives/partial"):
        (home / part).mkdir(parents=True, exist_ok=True)
    (home / "sources.list").write_text(_sources())
    progress("looking up kernels of other Debian suites")
    argv = ["apt-get", *archive.options, "--quiet", "--error-on=any", "update"]
    try:
        run(argv, message("read the lists of other suites over the network"))
        stamp.touch()
    except LabError as error:
        if not archive.releases():
            raise
        progress(message("{error}; continuing with the lists already here", error=error))
    return archive


def _check_sources(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        if not _SOURCE.fullmatch(line):
            raise LabError(
                message(
                    "{path} has a line that tracer did not write: {line}; remove the file",
                    path=path,
                    line=line,
                )
            )


def _sources() -> str:
    base, own_suite = _base()
    if not KEYRING.exists():
        raise LabError(
            message("needs {keyring}; run: apt-get install debian-archive-keyring", keyring=KEYRING)
        )
    suites = dict.fromkeys([own_suite, *OTHER_SUITES])
    options = f"arch={arch.here().debian} signed-by={KEYRING}"
    lines = [f"deb [{options}] {base} {suite} main" for suite in suites]
    return "\n".join(lines) + "\n"


def _base() -> tuple[str, str]:
    system = platform.freedesktop_os_release()
    own_suite = system.get("VERSION_CODENAME", "")
    argv = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)"]
    targets = run([*argv, "Created-By: Packages"], message("ask apt for its archive")).splitlines()
    if not targets:
        raise LabError("apt has no package lists yet; run: apt-get update")
    base = base_of(targets, own_suite)
    if system.get("ID") != "debian" or base is None:
        raise LabError(
            message(
                "kernels of other series come from the Debian archive that apt is set up for, "
                "and this is {system} with {count} package lists; give the path of a kernel image "
                "instead",
                system=system.get("PRETTY_NAME") or message("no Debian"),
                count=len(targets),
            )
        )
    return base, own_suite


def base_of(targets: Iterable[str], suite: str) -> str | None:
    """Return the archive that has ``suite``, from lines ``CODENAME URI``; None if none has."""
    for target in targets:
        codename, _, base = target.partition(" ")
        if codename == suite:
            return base
    return None
