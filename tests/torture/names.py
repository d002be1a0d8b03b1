"""Hostile names of traces and commands: none reaches a terminal raw or forges a line."""

from __future__ import annotations

import os
import random
import shutil

from tests.torture.figures import Figures
from tests.torture.room import Room, room

TITLE, QUICK, LONG, LIVE = "hostile names", 4, 60, True
PIECES = (
    b"\nlosses:   none", b"\x1b[2J\x1b[1;1H", b"\x1b]0;title\x07", "\u202egnp".encode(), b"\r",
    b"\x9b31m", b"\xff\xfe", b"a" * 200, b"$(id)", b"`id`", b"'; id; '", b'"', b" ", b"\t", b"%s",
    b"{0}", b"-o", "\u2066x\u2069".encode(), b"\x7f", b"\x08\x08", "\u2028".encode(),
)  # fmt: skip
RAW = (
    b"\x1b",
    b"\x07",
    b"\x08",
    b"\r",
    b"\x7f",
    *(f"{mark}".encode() for mark in "\u202e\u2066\u2028"),
)


def run(count: int, rng: random.Random) -> Figures:
    """Record commands with ``count`` names to traces with such names, and report them."""
    figures = Figures()
    for _ in range(count):
        name = b"x" + b"".join(rng.sample(PIECES, rng.randint(1, 2)))
        with room() as place:
            _use(figures, place, name[:240])
        figures.tried += 1
    return figures


def _use(figures: Figures, place: Room, name: bytes) -> None:
    command = os.fsencode(place.work) + b"/" + name
    shutil.copy(b"/bin/true", command)
    for words in (
        (b"record", b"-o", name + b".trace", b"--", command, name),
        (b"report", name + b".trace"),
        (b"explain", name + b".trace"),
        (b"verify", b"--claim", name),
        (b"record", b"--kernel", name, b"--", b"true"),
        (b"report", name + b".none"),
    ):
        done = place.run(*words)
        said = done.stdout + done.stderr
        case = f"{words[0].decode()} {name!r}"
        if raw := [mark for mark in RAW if mark in said]:
            figures.found("wrong", f"{case}: {raw} reach the terminal")
        if sum(line.startswith(b"losses:") for line in said.splitlines()) > 1:
            figures.found("wrong", f"{case}: forges a line")
        place.check(figures, said, case)
