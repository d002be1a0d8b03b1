"""The commands, in the order of ``tracer --help``, each with a one-line summary.

It imports no command: the command line makes only the parser of the one in hand.
"""

from __future__ import annotations

from typing import Final

from tracer.shared.message import message

SUMMARIES: Final = {
    "doctor": message("show what this kernel allows, and how to get the rest"),
    "record": message("record an I/O model or a command to a trace"),
    "top": message("show live what a program's event loops are doing"),
    "report": message(
        "show what is in a trace: problems, calls, passes, entries, callbacks, sleeps, copies, cost"
    ),
    "explain": message(
        "show the timeline of one call in the kernel, waiter and waker, in plain words"
    ),
    "compare": message(
        "show what differs between two traces: of models, kernels, versions of a program"
    ),
    "export": message("write a trace as a Perfetto timeline, as Parquet or as CSV"),
    "verify": message("check the textbook's claims against a real kernel"),
    "crosscheck": message("count one workload with several instruments and compare the counts"),
    "lab": message("fetch stock kernels and run commands in them"),
    "glossary": message("explain the terms used in reports, with their kernel symbols"),
    "completion": message("print a completion script for bash, zsh or fish"),
}
"""By command, which is the name of its module in tracer.commands."""
