"""A signal is answered wherever it arrives."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

LOST = """
import os, signal, sys, time, weakref
from contextlib import nullcontext
from tracer.shared.ending import sent_again_if_lost

class Anything:
    pass

def raise_it(number, frame):
    raise KeyboardInterrupt(number)

number, kept = int(sys.argv[1]), sys.argv[2] == "kept"
if number != signal.SIGINT:
    signal.signal(number, raise_it)
anything = Anything()
watching = weakref.ref(anything, lambda _: signal.raise_signal(number))
try:
    with sent_again_if_lost() if kept else nullcontext():
        del anything
        time.sleep(60 if kept else 0.2)
        print("lost")
except KeyboardInterrupt as stopped:
    print("raised", *stopped.args)
"""


def ends(number: int, how: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", LOST, str(int(number)), how],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGINT, "raised\n"), (signal.SIGTERM, "raised 15\n")]
)
def test_a_signal_during_a_callback_of_the_interpreter_is_not_lost(number, said):
    lost, printed = ends(number, "left")
    assert lost == "lost\n", "the interpreter raises it by now: sent_again_if_lost can go"
    assert "KeyboardInterrupt" in printed
    assert ends(number, "kept") == (said, "")


def test_other_exceptions_there_are_printed_as_ever():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tracer.shared.ending import sent_again_if_lost as keep\n"
            "class Odd:\n    def __del__(self): raise ValueError('as ever')\n"
            "with keep(): Odd()",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "ValueError: as ever" in done.stderr
