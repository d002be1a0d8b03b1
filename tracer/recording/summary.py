"""Sums up the recording of a user's program in one line."""

from __future__ import annotations

from typing import Final

from tracer.recording.recorded import Recorded
from tracer.recording.watch import End
from tracer.shared.message import joined, message, message_n

_ENDS: Final = {
    End.ENDED: message("it ended"),
    End.CTRL_C: message("ended by Ctrl-C"),
    End.DURATION: message("ended by --duration"),
    End.CLIENT: message("ended with its client"),
    End.DEADLINE: message("stopped at --deadline"),
    End.SIGNAL: message("stopped by a signal"),
}


def summary(result: Recorded) -> str:
    """Say how many tasks were traced, for how long, why it ended, and what runs on."""
    tasks = message_n(
        "{count:,} task in {seconds:.1f} s",
        "{count:,} tasks in {seconds:.1f} s",
        count=result.joined,
        seconds=result.seconds,
    )
    waited = result.waited_for and message(
        "its client was not started, since nothing was ready at {ready}", ready=result.waited_for
    )
    return joined("; ", filter(None, (tasks, ended(result.end), waited, result.running)))


def ended(end: End) -> str:
    """Say why a recording or a sampling ended."""
    return _ENDS[end]
