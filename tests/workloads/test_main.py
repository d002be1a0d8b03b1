"""The command line: requests, exit codes, output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.waiting import is_gone, wait_for
from tests.workloads.conftest import ENDLESS, SHORT, child_of
from tracer.shared.ending import ENDING
from tracer.shared.errors import UsageError
from tracer.workloads.__main__ import main, read_arguments

SPEC = '[{"model": "poll"}]'


def test_spec_file(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(SPEC)
    request = read_arguments(["--truth", str(tmp_path / "t.json"), "--spec", str(path)])
    assert [phase.model for phase in request.phases] == ["poll"]
    assert not request.progress


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needed --truth and one of --spec, --spec-json"),
        (["--truth"], "needed --truth"),
        (["--truth", "t", "--spec", "a", "--spec-json", "b"], "one of --spec"),
        (["--thruth", "t"], "unknown option '--thruth'; nearest: --truth"),
        (["--truth", "/nowhere/t", "--spec-json", SPEC], "no directory /nowhere"),
        (["--truth", "t", "--spec", "/nowhere/spec"], "can't read the spec"),
        (["--truth", "t", "--spec-json", "[{"], "the spec is not JSON"),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(UsageError, match=words):
        read_arguments(arguments)


def test_help(capsys):
    assert main(["--help"]) == 0
    assert "--spec-json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"model": "pool"}], "workload: unknown model 'pool'; nearest: poll"),
        ([{"model": "poll", "fds": 10**9}], "the hard limit is"),
        ([], "workload: found no phases"),
    ],
)
def test_wrong_spec(workload, entries, words):
    workload.start(entries)
    ended = workload.end()
    assert ended.status == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.phases == []


def test_progress(workload):
    workload.start([SHORT, SHORT], "--progress")
    assert workload.end().stderr == "phase 1 of 2: short\nphase 2 of 2: short\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_keeps_the_finished_phases(workload, number):
    process = workload.start([SHORT, ENDLESS, SHORT])
    waker = wait_for(lambda: child_of(process))
    process.send_signal(number)
    ended = workload.end()
    assert ended.status == 128 + number
    assert ended.stderr == f"workload: {number.name} after 1 of 3 phases\n"
    assert [phase["name"] for phase in ended.phases] == ["short"]
    assert is_gone(waker)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_from_before_its_start_is_answered(number, tmp_path):
    """As a recorder starts it: Python alone would print where it was interrupted."""

    def send() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        os.kill(os.getpid(), number)

    truth = tmp_path / "truth.json"
    done = subprocess.run(
        [sys.executable, "-m", "tracer.workloads", "--truth", truth, "--spec-json", SPEC],
        check=False, preexec_fn=send, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 128 + number
    assert done.stderr == f"workload: {number.name} after 0 of 1 phases\n"
    assert json.loads(truth.read_text())["phases"] == []
