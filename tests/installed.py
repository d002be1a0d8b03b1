"""Builds the wheel from a copy of the sources, and installs it away from the sources."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDERS: Final = ("analysis", "probes", "scripts", "tracer")
FILES: Final = ("LICENSE", "README.md", "pyproject.toml", "setup.py")
MADE: Final = ("__pycache__", "*.bpf.o", "*.bcc.c", "tables.h", "*.mo")
"""What a checkout contains already: the wheel's build makes its own."""
_BUILD: Final = (
    "import sys; from setuptools import build_meta as b; print(b.build_wheel(sys.argv[1]))"
)


def build_wheel(at: Path) -> Path:
    """Return a wheel that was built in the new directory ``at``, with this environment's tools."""
    sources = at / "sources"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, sources / folder, ignore=shutil.ignore_patterns(*MADE))
    for file in FILES:
        shutil.copy(ROOT / file, sources)
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, at / "dist"],
        cwd=sources, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return at / "dist" / done.stdout.splitlines()[-1]


def install(wheel: Path, at: Path) -> Path:
    """Return the directory of programs of a new environment ``at`` that has ``wheel``.

    Other packages are those that the wheel requires, recursively: links to this environment's, so
    that no network is needed, and undeclared requirements are found missing.
    """
    venv.create(at, symlinks=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", at / "bin" / "python3", "install", "-q",
         "--disable-pip-version-check", "--no-index", "--no-deps", wheel],
        check=True,
    )  # fmt: skip
    (packages,) = (at / "lib").glob("python3*/site-packages")
    (own,) = metadata.distributions(name="tracer", path=[str(packages)])
    for name in required(own):
        _link(metadata.distribution(name), packages)
    return at / "bin"


def required(distribution: metadata.Distribution) -> set[str]:
    """Return the names of all packages that ``distribution`` needs, without extras."""
    found: set[str] = set()
    left = [distribution]
    while left:
        for text in left.pop().requires or ():
            need = Requirement(text)
            name = re.sub(r"[-_.]+", "-", need.name).lower()
            if name not in found and (need.marker is None or need.marker.evaluate({"extra": ""})):
                found.add(name)
                left.append(metadata.distribution(name))
                assert need.specifier.contains(left[-1].version, prereleases=True), text
    return found


def _link(distribution: metadata.Distribution, into: Path) -> None:
    """Link what ``distribution`` has in its own site-packages; not its programs, which are ours."""
    tops = {file.parts[0] for file in distribution.files or ()}
    tops = tops or set((distribution.read_text("top_level.txt") or "").split())  # a Debian package
    assert tops, f"{distribution.name} does not say what it has"
    for top in tops - {"..", "__pycache__"}:
        place = Path(str(distribution.locate_file(top)))
        if place.exists() and not (into / top).exists():
            (into / top).symlink_to(place)


def run(
    program: Path, *arguments: str | Path, cwd: Path, timeout: float = 300.0
) -> subprocess.CompletedProcess[str]:
    """Run an installed program in ``cwd``, with nothing of this environment in its own."""
    names = ("PATH", "HOME", "TRACER_CACHE", "TMPDIR", "TRACER_KVM")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    environment["PATH"] = os.pathsep.join(["/usr/sbin", "/usr/bin", "/sbin", "/bin"])
    done = subprocess.run(
        [program, *arguments], cwd=cwd, env=environment | {"LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done
