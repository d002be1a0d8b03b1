"""The system tools the lab runs, and what to install where one is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tracer.shared.errors import LabError
from tracer.shared.message import message
from tracer.shared.packages import install

Progress = Callable[[str], None]
"""Takes a line of text about work that takes a while."""

REMEDIES = {
    "No space left on device": "free some space, or set TRACER_CACHE to a directory elsewhere",
    "Failed to fetch": "needs the package archive over the network, and today's package lists: "
    "run apt-get update",
    "No module named virtme": "run: pip install virtme-ng",
}
"""What a tool says → what to do; the first match counts."""

SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
"""PATH of the tools: depmod and modprobe are not on an ordinary user's."""


def silent(_line: str) -> None:
    """Drop a line of progress."""


def require(*tools: str) -> None:
    """Raise `LabError` naming the packages to install if one of ``tools`` is missing."""
    if lacking := missing(*tools):
        raise LabError(
            message(
                "the lab needs {missing}, not found on this machine; run: {command}",
                missing=", ".join(lacking),
                command=install(*lacking),
            )
        )


def missing(*tools: str) -> list[str]:
    """Return which of ``tools`` this machine lacks."""
    return [tool for tool in tools if shutil.which(tool, path=SEARCH_PATH) is None]


def run(
    argv: Sequence[str | Path],
    doing: str,
    *,
    cwd: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run ``argv``, with ``variables`` added to its environment; return its standard output.

    Raises `LabError`, which begins ``cannot DOING`` and ends with the tool's last lines.
    """
    require(str(argv[0]))
    environment = os.environ | {"PATH": SEARCH_PATH, "LC_ALL": "C.UTF-8"} | dict(variables or {})
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,  # virtme-ng stumbles over a closed one
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(
            message(
                "cannot {doing}: {last_words}",
                doing=doing,
                last_words=last_words(done.stderr or done.stdout),
            )
        )
    return done.stdout


def last_words(text: str, lines: int = 4) -> str:
    """Return the last lines of a tool's messages, with what to do if that is known."""
    kept = [line.strip() for line in text.splitlines() if line.strip()][-lines:]
    words = "; ".join(kept) or "it said nothing"
    remedies = [remedy for symptom, remedy in REMEDIES.items() if symptom in text]
    return "; ".join([words, *remedies[:1]])
