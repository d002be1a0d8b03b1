"""What came of a recording of a user's program, in one line."""

from __future__ import annotations

from typing import Final

from tracer.recording.recorder import Recorded
from tracer.recording.watch import End
from tracer.shared.say import joined, say, say_n

_ENDS: Final = {
    End.ENDED: say("it ended"),
    End.CTRL_C: say("ended by Ctrl-C"),
    End.DURATION: say("ended by --duration"),
    End.CLIENT: say("ended with its client"),
    End.DEADLINE: say("stopped at --deadline"),
    End.SIGNAL: say("stopped by a signal"),
}


def summary(result: Recorded) -> str:
    """Say how many tasks were traced, for how long, why it ended, and what runs on."""
    tasks = say_n(
        "{count:,} task in {seconds:.1f} s",
        "{count:,} tasks in {seconds:.1f} s",
        count=result.joined,
        seconds=result.seconds,
    )
    return joined("; ", filter(None, (tasks, _ENDS[result.end], result.running)))
