"""What goes wrong on this machine's kernel: one message, nothing attached, nothing lost."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from analysis.frames import read_trace
from analysis.trust import common_doubts
from tests.live.running import (
    PYTHON,
    ROOT,
    TRACER,
    loaded,
    manifest,
    programs_of,
    started,
    tracer,
)
from tests.waiting import PATIENCE_S, is_gone, wait_for
from tracer.shared import rights

pytestmark = pytest.mark.live

NOBODY = 65534
STORM = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
open(sys.argv[1], "w").write(str(os.getpid()))
while True:
    os.write(2, b"")
"""


class Recording(NamedTuple):
    """A recorder at work on an endless command, with records already in the trace."""

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
        """Check that the command is gone, and the programs with the recorder."""
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
    recorder.communicate()  # ends when the command, too, has let go of the pipes


def report(trace: Path) -> str:
    done = tracer("report", trace)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ctrl_c_keeps_the_trace(recording):
    os.killpg(recording.recorder.pid, signal.SIGINT)
    code, said = recording.end()
    assert code == 0
    assert "ended by Ctrl-C" in said
    recording.leaves_nothing()
    assert manifest(recording.trace)["state"] == "complete"
    assert "losses:   none" in report(recording.trace)


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
    """More than the ring holds, and not a moment drained too late."""
    (tmp_path / "slow.py").write_text(
        "import os, signal, sys, time\n"
        "asked = []\n"
        "signal.signal(signal.SIGINT, lambda *_: asked.append(1))\n"
        "open(sys.argv[1], 'w').close()\n"
        "while not asked: signal.pause()\n"
        "for _ in range(15):\n"
        "    for _ in range(10_007): os.write(2, b'')\n"
        "    time.sleep(0.02)\n"
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
    told = report(recording.trace)
    for label in ("losses", "misses"):
        assert re.search(
            rf"^{label}: .* in the first [\d.]+ s; then unknown: the recorder was killed$",
            told,
            re.MULTILINE,
        )
    running = f"its command still runs: pid {recording.workload}"
    assert running in told
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
def test_a_recording_goes_on_where_nobody_reads_what_it_says(tmp_path, redirections):
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
    """SIGHUP comes from the terminal, and what is written to it fails from then on."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        command = [*TRACER, "record", "-o", f"{tmp_path}/x.trace", "--", "sleep", "100"]
        os.execv(command[0], command)  # noqa: S606 -- a terminal of its own is the point
    wait_for((tmp_path / "x.trace" / "calls.bin").exists)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    assert manifest(tmp_path / "x.trace")["state"] == "interrupted"


def test_nohup_is_heeded(tmp_path):
    recorder = subprocess.Popen(
        ["nohup", *TRACER, "record", "-o", tmp_path / "x.trace", "--", "sleep", "3"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for((tmp_path / "x.trace" / "calls.bin").exists)
    recorder.send_signal(signal.SIGHUP)
    assert recorder.wait(PATIENCE_S) == 0
    assert manifest(tmp_path / "x.trace")["state"] == "complete"


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.05, 0.08])
def test_ctrl_c_while_it_attaches(tmp_path, delay_s):
    recorder = started("record", "-o", tmp_path / "x.trace", "--", "sleep", "100")
    assert recorder.stderr
    assert recorder.stderr.readline().startswith("tracer: attaching probes")
    time.sleep(delay_s)
    programs = programs_of(recorder.pid)
    recorder.send_signal(signal.SIGINT)
    _, said = recorder.communicate(timeout=PATIENCE_S)
    assert recorder.returncode == 130, said
    assert "Traceback" not in said
    wait_for(lambda: not loaded(programs))


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


def on_a_small_disk(tmp_path: Path, size: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Record to a tmpfs of ``size`` in a mount namespace of its own; keep what is on it."""
    (tmp_path / "disk").mkdir()
    script = (
        f"mount -t tmpfs -o size={size} none {tmp_path}/disk || exit 99\n"
        f'"$@"; code=$?; cp -r {tmp_path}/disk {tmp_path}/kept; exit $code'
    )
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *TRACER, "record", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("newest", [(), ("--max-size", "64M")], ids=["all", "the newest"])
def test_full_disk_keeps_what_fits(tmp_path, newest):
    (tmp_path / "storm.py").write_text(STORM)
    command = [*PYTHON, str(tmp_path / "storm.py"), str(tmp_path / "pid")]
    where = ("-o", f"{tmp_path}/disk/x.trace")
    done = on_a_small_disk(tmp_path, "1m", *newest, *where, "--", *command)
    assert done.returncode == 1, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"tracer: cannot write {tmp_path}/disk/x.trace/calls.bin: No space left")
    assert "free some space" in last
    assert done.stderr.count("cannot write") == 1
    assert "Traceback" not in done.stderr
    assert is_gone(int((tmp_path / "pid").read_text()))
    trace = read_trace(tmp_path / "kept" / "x.trace")
    assert trace.manifest.state == "interrupted"
    assert trace.manifest.losses is not None
    assert trace.truncated_bytes == 0
    assert len(trace.calls) > 5000
    assert trace.calls.seq.is_monotonic_increasing
    assert "the recording was interrupted: its end is missing" in common_doubts(trace)
    assert "interrupted" in report(trace.path)


def test_disk_that_is_full_from_the_start(tmp_path):
    done = on_a_small_disk(tmp_path, "8k", "-o", f"{tmp_path}/disk/x.trace", "--", "true")
    assert done.returncode == 1, done.stderr
    assert "No space left on device; free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "kept" / "x.trace").exists()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory where anyone may write; pytest's own are root's."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def as_nobody(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *TRACER]
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, **options
    )


def test_not_root(open_directory):
    done = as_nobody("record", "-o", open_directory / "x.trace", "--", "true")
    assert done.returncode == 1
    assert (
        "recording needs root, or CAP_BPF, CAP_PERFMON (found uid 65534); run: sudo " in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert not (open_directory / "x.trace").exists()


def test_two_capabilities_are_enough(open_directory):
    done = subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
         "--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon",
         *TRACER, "record", "-o", str(open_directory / "x.trace"), "--", "cat", "/dev/null"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(read_trace(open_directory / "x.trace").calls) > 0


def test_what_is_not_needed_after_attaching_is_given_up(tmp_path):
    """CAP_SYS_ADMIN above all; the command, which root started, has all that root has."""
    script = "cat /proc/$PPID/status /proc/self/status"
    done = tracer("record", "-o", tmp_path / "x.trace", "--", "sh", "-c", f"sleep 0.5; {script}")
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("CapEff:")]
    recorder, command = (int(line.split()[1], 16) for line in lines)
    kept = {rights.NAMES[bit] for bit in range(64) if recorder >> bit & 1}
    assert kept == {"CAP_BPF", "CAP_KILL", "CAP_SYS_PTRACE", "CAP_SETUID", "CAP_SETGID"}
    assert command >> rights.SYS_ADMIN & 1


def test_not_root_and_not_writable(tmp_path):
    done = as_nobody("record", "-o", "/usr/x.trace", "--", "true")
    assert done.returncode == 2
    assert "the directory /usr is not writable" in done.stderr


def test_doctor_says_what_an_ordinary_user_lacks(tmp_path):
    """Its cache may be root's, after su: that, too, is a fact and not a failure."""
    done = as_nobody("doctor", "-v", env={**os.environ, "TRACER_CACHE": str(tmp_path / "roots")})
    assert done.returncode == 1
    assert "run as root" in done.stdout
    assert "cannot keep kernels in" in done.stdout
    assert "Traceback" not in done.stderr


def test_root_without_capabilities(tmp_path):
    command = ["record", "-o", str(tmp_path / "x.trace"), "--", "true"]
    done = subprocess.run(
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *TRACER, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "CAP_BPF" in done.stderr
    assert "Traceback" not in done.stderr


def test_under_sudo_the_trace_is_the_callers(open_directory):
    sudo = {**os.environ, "SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
    done = tracer("record", "--model", "poll", "-o", open_directory / "x.trace", env=sudo)
    assert done.returncode == 0, done.stderr
    trace = open_directory / "x.trace"
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in (trace, *trace.iterdir())}
    assert owners == {(NOBODY, NOBODY)}
    assert sorted(path.name for path in trace.iterdir()) == [
        "calls.bin", "manifest.json", "steps.bin", "tasks.bin", "truth.json",
    ]  # fmt: skip
