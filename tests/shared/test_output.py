"""Lines and bytes for readers who may have gone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tracer.shared.output import passed_to, to_stderr, to_stdout

TALKER = """
import sys
from tracer.shared.output import passed_to, to_stderr, to_stdout
for _ in range(20000):
    to_stderr("progress")
    to_stdout("result")
sink = passed_to(sys.stdout)
for _ in range(100):
    sink(bytes(range(256)))
sys.exit(7)
"""


def test_lines(capsys):
    to_stderr("one")
    to_stdout("two")
    assert capsys.readouterr() == ("two\n", "tracer: one\n")


def test_bytes_are_what_they_were(capfdbinary):
    passed_to(sys.stdout)(bytes(range(256)))
    assert capfdbinary.readouterr().out == bytes(range(256))


@pytest.mark.parametrize(
    "redirections",
    [
        "2>&1 | head -1",
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in ("2>&- | head -1", ">&- 2>&-", "> /dev/full 2> /dev/full")
        ),
    ],
)
def test_nobody_listens(redirections):
    done = subprocess.run(
        [
            "bash",
            "-c",
            f'"$0" -c "$1" {redirections}; exit ${{PIPESTATUS[0]}}',
            sys.executable,
            TALKER,
        ],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (7, b"")


def test_a_terminal_that_was_closed():
    ours, theirs = os.openpty()
    with subprocess.Popen([sys.executable, "-c", TALKER], stdout=theirs, stderr=theirs) as talker:
        os.close(theirs)
        os.read(ours, 10)
        os.close(ours)
    assert talker.returncode == 7
