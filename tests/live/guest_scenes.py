"""Plays scenes in a guest, one after the other, each its own program.

``python3 -S -E guest_scenes.py SHARE PROGRAM…`` runs each with its directory, ``SHARE/STEM``, and
leaves its output and exit code there. One that does not end is stopped, and what each task of the
guest was waiting for is added to its output. Standard library only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SCENE_S = 900.0
"""How long a scene may take: many times what it does on a busy machine."""
KERNEL_THREAD = 2
"""The pid of kthreadd, the parent of the kernel's own threads."""


def tasks() -> Iterator[str]:
    """Yield where each task of the guest's programs is: user's and kernel's side."""
    for task in sorted(Path("/proc").glob("[0-9]*/task/[0-9]*"), key=lambda path: int(path.name)):
        try:
            stat = (task / "stat").read_text().rpartition(")")
            state, parent = stat[2].split()[:2]
            if KERNEL_THREAD in (int(parent), int(task.name)):
                continue
            command = (task / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            yield f"{task.name} {state} {command} syscall {(task / 'syscall').read_text().strip()}"
            yield (task / "stack").read_text()
        except OSError as error:
            yield f"{task}: {error}"


def play(program: str, place: Path, limit_s: float = SCENE_S) -> None:
    """Run ``program``, and write its output and exit code to ``place``."""
    command = [sys.executable, "-S", "-E", "-B", program, str(place)]
    with (place / "said").open("wb") as said:
        playing = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code: int | str = playing.wait(limit_s)
        except subprocess.TimeoutExpired:
            said.write("\n".join([f"did not end in {limit_s:g} s", *tasks()]).encode())
            os.killpg(playing.pid, signal.SIGKILL)
            playing.wait()
            code = "did not end"
    (place / "exit-code").write_text(str(code))


def main(share: Path, *programs: str) -> None:
    """Run each of ``programs``, whatever the outcome of the previous one."""
    for program in programs:
        print("plays", Path(program).stem, file=sys.stderr, flush=True)
        play(program, share / Path(program).stem)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
