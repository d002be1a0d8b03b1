"""Leaves a guest that is about to end while its kernel detaches what was attached.

A kernel such as 6.1 waits a tenth of a second for each function that it detaches
(kernel/trace/ftrace.c, unregister_ftrace_direct(): synchronize_rcu_tasks()). A guest that ends
needs none of that.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tracer.shared.ending import as_shell

_CHECK_S: Final = 0.005


def leaving(body: Callable[[], int]) -> int:
    """Return the exit code of ``body``, run in a child, once the child has run it to its end.

    The kernel may then still be closing what the child held open, above all links of BPF programs.
    For a child killed by a signal it is 128 plus the signal's number, as in a shell.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _run(body, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        code = said.read(1)
    if not code:
        _, status = os.waitpid(child, 0)
        return as_shell(os.waitstatus_to_exitcode(status))
    while _has_a_program(child):
        time.sleep(_CHECK_S)
    return code[0]


def _run(body: Callable[[], int], writer: int) -> None:
    code = 1
    try:
        code = body()
        sys.stdout.flush()
        sys.stderr.flush()
        for standard in (0, 1, 2):  # their readers wait for their end
            os.close(standard)
        os.write(writer, bytes([code]))
    finally:
        os._exit(code)


def _has_a_program(pid: int) -> bool:
    """Return whether a process still runs a program: it is neither exiting nor gone."""
    try:
        Path(f"/proc/{pid}/exe").readlink()
    except OSError:
        return False
    return True
