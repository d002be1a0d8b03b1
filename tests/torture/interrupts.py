"""A signal that asks a recorder to stop, at any of its system calls.

strace sends it there, so that each moment is as likely as any other, however short: a fork, an
import, a line of the clean-up.
"""

from __future__ import annotations

import random
import re
import signal
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from tests.torture.figures import Figures
from tests.torture.room import check_trace, room

TITLE, QUICK, LONG, LIVE = "Ctrl-C and SIGTERM, at any system call", 6, 300, True
ENDLESS: Final = (
    ("--", "sleep", "600"),
    ("--model", "epoll", "--rounds", "10000000"),
)
"""If the signal is lost, these go on until the campaign loses its patience."""
ENDING: Final = ("--duration", "0.3", "--", "sleep", "600")
"""For the calls with which a recording ends."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_CALL: Final = re.compile(r"(\w+)\(")
_FIRST: Final = "rt_sigaction(SIGINT, {sa_handler=SIG_DFL"
"""What tracer.start does before anything else."""


class Moment(NamedTuple):
    """The ``number``-th call of ``name``."""

    name: str
    number: int


def run(count: int, rng: random.Random) -> Figures:
    """Interrupt ``count`` recorders."""
    figures = Figures()
    moments = _moments()
    for case in range(count):
        number = rng.choice(SIGNALS)
        _interrupt(figures, rng.choice(moments), number, (*ENDLESS, ENDING)[case % 3])
        figures.tried += 1
    return figures


def _moments() -> list[Moment]:
    """Return all system calls of a recorder's main thread, from its first line on.

    Before that, it is Python that answers: with a traceback.
    """
    with room() as place:
        log = place.work / "log"
        place.run("record", *ENDING, before=("strace", "-o", str(log)))
        lines = log.read_text(errors="replace").splitlines()
    counts: Counter[str] = Counter()
    moments = []
    begun = False
    for line in lines:
        begun |= line.startswith(_FIRST)
        if call := _CALL.match(line):
            counts[call[1]] += 1
            if begun:
                moments.append(Moment(call[1], counts[call[1]]))
    return moments


def _interrupt(
    figures: Figures, moment: Moment, number: signal.Signals, what: tuple[str, ...]
) -> None:
    with room() as place:
        trace, log = place.work / "x.trace", place.work / "log"
        inject = f"inject={moment.name}:signal={number.name}:when={moment.number}"
        strace = ("strace", "-o", str(log), "-e", f"trace={moment.name}", "-e", inject)
        done = place.run("record", "-o", trace, *what, before=strace)
        case = f"{number.name} at {moment.name} {moment.number}, {' '.join(what)}"
        if not _was_sent(log, number):
            figures.tell("ended before it")
        elif done.returncode not in _answers(number, trace):
            figures.found("wrong", f"{case}: exit code {done.returncode}")
        if trace.exists():
            check_trace(figures, trace, case)
        place.check(figures, done.stdout + done.stderr, case)


def _was_sent(log: Path, number: signal.Signals) -> bool:
    return f"--- {number.name} " in log.read_text(errors="replace")


def _answers(number: signal.Signals, trace: Path) -> tuple[int, ...]:
    """Return the exit codes that are right: until Python has started, a signal just ends it."""
    return (128 + number, -number, *((0,) if trace.exists() else ()))
