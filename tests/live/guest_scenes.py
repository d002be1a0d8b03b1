"""Plays scenes in a guest, one after the other, each a program of its own.

``python3 -S -E guest_scenes.py SHARE PROGRAM…`` runs each with its directory, ``SHARE/STEM``, and
leaves there what it said and its exit code. Standard library only.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(share: Path, *programs: str) -> None:
    """Run each of ``programs``, whatever became of the one before."""
    for program in programs:
        print("plays", Path(program).stem, file=sys.stderr, flush=True)
        place = share / Path(program).stem
        command = [sys.executable, "-S", "-E", "-B", program, str(place)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        (place / "said").write_bytes(done.stdout)
        (place / "exit-code").write_text(str(done.returncode))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
