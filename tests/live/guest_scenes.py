"""Plays scenes in a guest, one after the other, each its own program.

``python3 -S -E guest_scenes.py SHARE PROGRAM…`` runs each with its directory, ``SHARE/STEM``, and
leaves its output and exit code there. Standard library only.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(share: Path, *programs: str) -> None:
    """Run each of ``programs``, whatever the outcome of the previous one."""
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
