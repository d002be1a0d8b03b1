"""The fixed workload makes the same calls, however slow the machine is."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.waiting import PATIENCE_S
from tracer.crosscheck import fixedload


def calls_of(file, *options):
    """Return the calls that strace sees of the workload and its children, sorted.

    Without the read at standard input, which was under way when strace attached, and without calls
    that strace causes to be restarted: it signals waiting parents that a child has ended.
    """
    straces = []

    def attach(pid):
        line = ["strace", "-f", "-o", file, *options, "-p", str(pid)]
        straces.append(subprocess.Popen(line, stderr=subprocess.PIPE, text=True))
        assert "attached" in straces[0].stderr.readline()

    fixedload.run(attach)
    straces[0].communicate(timeout=PATIENCE_S)
    own = r"^\d+ +(?!read\(0|wait4|restart_syscall)(\w+)\("
    return sorted(re.findall(own, file.read_text(), re.MULTILINE))


@pytest.mark.live
def test_a_workload_that_is_held_up_makes_the_same_calls(tmp_path):
    """It is woken once it sleeps, not after some time."""
    late = calls_of(tmp_path / "late", "-e", "inject=read:delay_enter=500000:when=1..6")
    assert late.count("read") > 6
    assert late == calls_of(tmp_path / "at once")
