"""Accidents on this machine's kernel: one message, nothing left attached, nothing lost."""

from __future__ import annotations

import itertools
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from analysis.checks.trust import common_doubts
from analysis.frames import read_trace
from tests.live.running import (
    PYTHON,
    ROOT,
    STORM,
    TRACER,
    loaded,
    manifest,
    programs_of,
    records,
    report,
    started,
    tracer,
)
from tests.waiting import PATIENCE_S, is_gone, wait_for

pytestmark = pytest.mark.live


class Recording(NamedTuple):
    """A recorder of an endless command, with records already in the trace."""

    recorder: subprocess.Popen[str]
    trace: Path
    workload: int
    programs: set[int]

    def end(self) -> tuple[int, str]:
        """Wait for its end; return exit code and standard error."""
        _, said = self.recorder.communicate(timeout=PATIENCE_S)
        assert "Traceback" not in said
        return self.recorder.returncode, said

    def leaves_nothing(self) -> None:
        """Check that the command is gone, and the BPF programs with the recorder."""
        assert is_gone(self.workload)
        wait_for(lambda: not loaded(self.programs))


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    (tmp_path / "storm.py").write_text(STORM)
    trace, pid_file = tmp_path / "x.trace", tmp_path / "pid"
    recorder = started(
        "record", "-o", trace, "--", *PYTHON, str(tmp_path / "storm.py"), str(pid_file)
    )
    calls = trace / "calls.bin"
    wait_for(lambda: calls.exists() and calls.stat().st_size > 1 << 20)
    workload = int(pid_file.read_text())
    made = Recording(recorder, trace, workload, programs_of(recorder.pid))
    assert len(loaded(made.programs)) >= 6
    yield made
    if not is_gone(workload):
        os.kill(workload, signal.SIGKILL)
    recorder.kill()
    recorder.communicate()  # ends once the command has closed the pipes too


def test_ctrl_c_keeps_the_trace(recording):
    os.killpg(recording.recorder.pid, signal.SIGINT)
    code, said = recording.end()
    assert code == 0
    assert "ended by Ctrl-C" in said
    recording.leaves_nothing()
    assert manifest(recording.trace)["state"] == "complete"
    assert "losses:    none" in report(recording.trace)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)],
)
def test_signal_to_the_recorder_alone_ends_the_command_too(recording, number, code):
    recording.recorder.send_signal(number)
    assert recording.end()[0] == code
    recording.leaves_nothing()
    trace = read_trace(recording.trace)
    assert trace.manifest.state == ("interrupted" if code else "complete")
    assert trace.calls.seq.is_monotonic_increasing
    assert trace.calls.seq.is_unique


def test_what_a_command_does_until_it_ends_is_recorded_too(tmp_path):
    """More than the ring holds, drained at the last possible moment."""
    (tmp_path / "slow.py").write_text(
        "import os, signal, sys, time\n"
        "asked = []\n"
        "signal.signal(signal.SIGINT, lambda *_: asked.append(1))\n"
        "open(sys.argv[1], 'w').close()\n"
        "while not asked: time.sleep(0.01)\n"
        "for _ in range(15):\n"
        "    for _ in range(10_007): os.write(2, b'')\n"
        "    time.sleep(0.1)\n"
    )
    ready, trace = tmp_path / "ready", tmp_path / "x.trace"
    command = [*PYTHON, str(tmp_path / "slow.py"), str(ready)]
    recorder = started("record", "-o", trace, "--", *command)
    wait_for(ready.exists)
    recorder.send_signal(signal.SIGINT)
    _, said = recorder.communicate(timeout=PATIENCE_S)
    assert recorder.returncode == 0, said
    assert manifest(trace)["exit_status"] == 0
    assert manifest(trace)["losses"]["calls"] == 0
    assert (read_trace(trace).calls.family == "write").sum() == 15 * 10_007


def test_killed_recorder_leaves_no_program_and_all_that_was_drained(recording):
    wait_for(lambda: manifest(recording.trace)["so_far"])
    recording.recorder.kill()
    recording.recorder.wait()
    wait_for(lambda: not loaded(recording.programs))
    assert not is_gone(recording.workload), "the command is the user's: it goes on, untraced"
    size = (recording.trace / "calls.bin").stat().st_size
    trace = read_trace(recording.trace)
    assert len(trace.calls) == size // 128
    assert trace.manifest.state == "recording"
    assert common_doubts(trace)[0] == "the recorder was killed: losses are unknown"
    text = report(recording.trace)
    for label in ("losses", "misses"):
        assert re.search(
            rf"^{label}: .* in the first [\d.]+ s; then unknown: the recorder was killed$",
            text,
            re.MULTILINE,
        )
    running = f"its command still runs: pid {recording.workload}"
    assert running in text
    os.kill(recording.workload, signal.SIGKILL)
    wait_for(lambda: is_gone(recording.workload))
    assert running not in report(recording.trace)


@pytest.mark.parametrize("what", [("--model", "epoll", "--rounds", "100000"), ("--", "sleep", "9")])
def test_kill_9_leaves_no_temporary_file(tmp_path, what):
    """At any moment: while it attaches, while it records, while it ends."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    for number in range(10):
        trace = tmp_path / f"{number}.trace"
        recorder = started(
            "record", "-o", trace, *what, env={**os.environ, "TMPDIR": str(temporary)}
        )
        if number > 1:
            wait_for((trace / "calls.bin").exists)
        time.sleep(0.3 * (number % 5))
        recorder.kill()
        recorder.wait()
        process = manifest(trace)["process"] if (trace / "manifest.json").exists() else None
        if process:
            with suppress(ProcessLookupError):
                os.kill(process["pid"], signal.SIGKILL)
        recorder.communicate()
    assert list(temporary.iterdir()) == []
    assert {path.suffix for path in tmp_path.iterdir()} <= {".trace", ""}


@pytest.mark.parametrize("redirections", ["2>&1 | head -1", ">&- 2>&-", "> /dev/full 2>&1"])
def test_a_recording_continues_if_nobody_reads_its_output(tmp_path, redirections):
    script = f'"$@" {redirections}; echo ${{PIPESTATUS[0]}} > {tmp_path}/code'
    command = [*TRACER, "record", "-o", f"{tmp_path}/x.trace", "--", "sh", "-c", "sleep 3; exit 7"]
    subprocess.run(
        ["bash", "-c", script, "bash", *command],
        cwd=ROOT, timeout=PATIENCE_S, check=True, capture_output=True,
    )  # fmt: skip
    assert (tmp_path / "code").read_text() == "7\n"
    assert (
        manifest(tmp_path / "x.trace")["state"],
        manifest(tmp_path / "x.trace")["exit_status"],
    ) == ("complete", 7)


def test_a_terminal_that_is_closed_ends_it_cleanly(tmp_path):
    """The terminal sends SIGHUP, and writing to it fails from then on."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        command = [*TRACER, "record", "-o", f"{tmp_path}/x.trace", "--", "sleep", "100"]
        os.execv(command[0], command)  # noqa: S606 -- a terminal of its own is the point
    wait_for(lambda: records(tmp_path / "x.trace"))
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    assert manifest(tmp_path / "x.trace")["state"] == "interrupted"


def test_nohup_is_respected(tmp_path):
    recorder = subprocess.Popen(
        ["nohup", *TRACER, "record", "-o", tmp_path / "x.trace", "--", "sleep", "3"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: records(tmp_path / "x.trace"))
    recorder.send_signal(signal.SIGHUP)
    assert recorder.wait(PATIENCE_S) == 0
    assert manifest(tmp_path / "x.trace")["state"] == "complete"


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.05, 0.08])
def test_ctrl_c_while_it_attaches(tmp_path, delay_s):
    for number in itertools.count():
        trace = tmp_path / f"{number}.trace"
        recorder = started("record", "-o", trace, "--", "sleep", "100")
        assert recorder.stderr
        assert recorder.stderr.readline().startswith("tracer: attaching probes")
        time.sleep(delay_s)
        programs = programs_of(recorder.pid)
        recorder.send_signal(signal.SIGINT)
        _, said = recorder.communicate(timeout=PATIENCE_S)
        assert "Traceback" not in said
        wait_for(lambda programs=programs: not loaded(programs))
        if not trace.exists():
            assert recorder.returncode == 130, said
            break
        assert recorder.returncode == 0, "it recorded already"
        delay_s *= 0.7


def test_ctrl_c_stops_verify_at_once(tmp_path):
    into = tmp_path / "verdicts"
    verify = started("verify", "--claim", "blocking-waits", "-o", into)
    wait_for(lambda: list(into.glob("*.trace/steps.bin")))
    programs = programs_of(verify.pid)
    os.killpg(verify.pid, signal.SIGINT)
    _, said = verify.communicate(timeout=PATIENCE_S)
    assert verify.returncode == 130, said
    assert said.endswith("tracer: stopped\n")
    assert "Traceback" not in said
    wait_for(lambda: not loaded(programs))


def test_deadline_keeps_the_trace(tmp_path):
    done = tracer("record", "--deadline", "1", "-o", tmp_path / "x.trace", "--", "sleep", "100")
    assert done.returncode == 130
    assert manifest(tmp_path / "x.trace")["state"] == "interrupted"
    assert manifest(tmp_path / "x.trace")["exit_status"] == -signal.SIGINT
