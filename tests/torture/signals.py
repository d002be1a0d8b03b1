"""Every signal that can be sent, at a random time."""

from __future__ import annotations

import random
import signal
import subprocess
import time

from tests.torture.figures import Figures
from tests.torture.room import PATIENCE_S, check_trace, end_command, room, subject

TITLE, QUICK, LONG, LIVE = "every signal, at random times", 4, 120, True
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that ask a recorder to stop: it completes the trace, which says what was lost."""
FIRST = (*STOPS, signal.SIGPIPE, signal.SIGUSR1)
LATEST_S = 4.0


def run(count: int, rng: random.Random) -> Figures:
    """Send ``count`` signals: the common ones first, then all others, repeatedly."""
    others = sorted(signal.valid_signals() - {*FIRST, signal.SIGKILL, signal.SIGSTOP})
    figures = Figures()
    for number in STOPS:
        if signal.getsignal(number) == signal.SIG_IGN:  # a background job of a shell, or nohup
            signal.signal(number, signal.SIG_DFL)  # would pass that on to the recorder
    for number in range(count):
        order = (*FIRST, *others)
        _send(figures, order[number % len(order)], rng.uniform(0, LATEST_S))
        figures.tried += 1
    return figures


def _send(figures: Figures, number: int, after_s: float) -> None:
    with room() as place:
        trace = place.work / "x.trace"
        recorder = place.start("record", "-o", trace, "--", *subject("storm", 0))
        time.sleep(after_s)
        place.note_programs(recorder.pid)
        begun = trace.exists()
        recorder.send_signal(number)
        _end(recorder, number)
        case = f"signal {number} after {after_s:.2f} s"
        if trace.exists():
            read = check_trace(figures, trace, case)
            if begun and number in STOPS and (read is None or read.manifest.losses is None):
                figures.found("wrong", f"{case}: the trace was not ended")
        if begun and number in STOPS and recorder.returncode not in (0, 128 + number):
            figures.found("wrong", f"{case}: exit code {recorder.returncode}")
        end_command(figures, place, trace, case)
        place.check(figures, place.said, case)


def _end(recorder: subprocess.Popen[bytes], number: int) -> None:
    """Wait for its end; if the signal did not end it, ask it to stop."""
    patience_s = PATIENCE_S if number in STOPS else 3.0
    for each in (None, signal.SIGCONT, signal.SIGINT, signal.SIGKILL):
        if each is not None:
            recorder.send_signal(each)
        try:
            recorder.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
        return
    recorder.wait()
