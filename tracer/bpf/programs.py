"""Checks that the built object has a program for every attach point.

``python3 -m tracer.bpf.programs OBJECT``, which ``scripts/build`` runs, ends with an error if not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tracer.shared.catalogue import hooks
from tracer.shared.errors import TracerError
from tracer.shared.message import message


def missing_program(program: str) -> TracerError:
    """Return the error for ``program``, which a hook names and the object lacks."""
    return TracerError(
        message(
            "probes/hooks.toml names an attach point whose program {program} is not in "
            "tracer.bpf.o: write it in a probes/*.bpf.h, or take the attach point out; then run "
            "scripts/build",
            program=program,
        )
    )


def check(built: bytes) -> None:
    """Raise TracerError if an attach point of the catalogue has no program in ``built``."""
    for hook in hooks():
        for program in map(hook.program, (*hook.calls, *hook.points)):
            if b"\0%s\0" % program.encode() not in built:
                raise missing_program(program)


if __name__ == "__main__":
    try:
        check(Path(sys.argv[1]).read_bytes())
    except TracerError as error:
        sys.exit(f"build: {error}")
