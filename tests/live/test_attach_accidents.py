"""Accidents of a program, or of a recorder, while the recorder is attached to it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

from analysis.checks.trust import doubts_of_records
from analysis.frames import read_trace
from tests.live.attaching import THREADS, asleep, ended, recorder, writes
from tests.live.running import PYTHON, manifest, tracer
from tests.waiting import PATIENCE_S, wait_for
from tracer.bpf.tasks import Flags
from tracer.recording.recorder import Recorder
from tracer.recording.subject import How
from tracer.recording.watched import Watched, checked
from tracer.shared import arch
from tracer.shared.errors import UsageError
from tracer.shared.records import Unseen

pytestmark = pytest.mark.live


def test_two_recorders_on_one_process(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    paths = [tmp_path / f"{n}.trace" for n in range(2)]
    made = [recorder("-p", str(program.pid), "-o", path) for path in paths]
    program.stdin.write(b"g")
    program.stdin.flush()
    program.stdout.read(4)
    asleep(program.pid, 1)
    for each in made:
        ended(each)
    first, second = map(read_trace, paths)
    assert writes(first) == writes(second) == [7, 11, *[23] * 5]
    assert len(first.calls) == len(second.calls)


def test_recorder_killed_while_attached_the_program_runs_on(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    made = recorder("-p", str(program.pid), "-o", tmp_path / "x.trace")
    made.kill()
    made.communicate()
    program.stdin.write(b"g")
    program.stdin.flush()
    assert program.stdout.read(4) == b"done"
    assert program.poll() is None


def test_process_that_ends_is_the_end(tmp_path, start):
    program = start("import sys; sys.stdin.buffer.read(1)")
    asleep(program.pid, 1)
    made = recorder("-p", str(program.pid), "-o", tmp_path / "x.trace")
    program.kill()
    _, said = made.communicate(timeout=PATIENCE_S)
    assert made.returncode == 0, said
    assert "it ended" in said
    assert manifest(tmp_path / "x.trace")["state"] == "complete"


def test_process_that_ended_while_the_probes_were_attached(tmp_path):
    with Recorder() as recorder:
        gone = subprocess.Popen(["sleep", "100"])
        watched = checked(Watched("pid", (str(gone.pid),)))
        gone.kill()
        gone.wait()
        with pytest.raises(Exception, match="ended while tracer attached to it"):
            recorder.attach(watched, tmp_path / "x.trace", how=How(duration_s=1))
        assert recorder.instrument.maps.tasks.tids() == set()
    assert not (tmp_path / "x.trace").exists()


def test_a_stale_tid_is_not_taken_for_a_new_task(tmp_path):
    """A reused tid must not be taken for the task that had it before."""
    with Recorder() as recorder:
        tasks = recorder.instrument.maps.tasks
        ring = recorder.instrument.maps.rings["calls"]
        newest = subprocess.Popen(["true"])
        newest.wait()
        stale = set(range(newest.pid + 1, newest.pid + 400))
        for tid in stale:
            tasks.join(tid, tid, Flags.FOLLOW)
        while others := {tid for tid in tasks.tids() if Path(f"/proc/{tid}").exists()}:
            for tid in others:  # another program's, which began before it joined, or its child
                tasks.leave(tid)
            stale -= others
        with ring.ready() as before:
            ring.consume(len(before))
        for _ in range(400):
            subprocess.run(["true"], check=True)
        assert len(tasks.tids() & stale) < len(stale), "some tids were used again"
        with ring.ready() as calls:
            assert bytes(calls) == b"", "and nothing of those that have them now was recorded"


FDS_A_SECOND = """
import os, sys, time
sys.stdin.buffer.read(1)
began = time.process_time()
for _ in range(20011):
    os.close(os.open("/dev/null", os.O_RDONLY))
print(20011 / (time.process_time() - began), flush=True)
sys.stdin.buffer.read(1)
"""


def test_ten_thousand_fds_opened_and_closed_a_second(tmp_path, start):
    """Each is a new fd to name: names are given up rather than calls, and that is reported.

    A second of CPU time: others may use the CPU too.
    """
    program = start(FDS_A_SECOND)
    asleep(program.pid, 1)
    made = recorder("-p", str(program.pid), "-o", tmp_path / "x.trace")
    program.stdin.write(b"g")
    program.stdin.flush()
    assert float(program.stdout.readline()) > 10_000
    ended(made)
    trace = read_trace(tmp_path / "x.trace")
    counts = trace.calls["family"].value_counts()
    assert (counts["open"], counts["close"]) == (20011, 20011)
    assert doubts_of_records(trace) == []
    names = manifest(trace.path)["fd_names"]
    assert names["seen"] == len(trace.fds.seen) < 20011
    (opened,) = trace.calls.loc[trace.calls["family"] == "close", "fd"].unique()
    assert {each.text for each in trace.fds.seen if each.fd == opened} <= {"/dev/null", ""}


def test_a_program_that_makes_none_of_the_calls(tmp_path, start):
    program = start("import os\nos.nice(19)\nos.write(1, b'.')\nwhile True: pass")
    program.stdout.read(1)
    done = tracer("record", "-p", str(program.pid), "--duration", "1", "-o", tmp_path / "x.trace")
    assert done.returncode == 0, done.stderr
    assert "0 calls, 0 steps, 0 lost" in done.stderr
    assert "No traced system calls." in tracer("report", tmp_path / "x.trace").stdout
    assert program.poll() is None


@pytest.mark.parametrize("threads", [0, 200])
def test_a_process_that_ends_at_any_moment_of_the_attaching(tmp_path, threads):
    """It is recorded to its end, or reported as ended; none of its tasks is left behind."""
    text = (
        "import os, sys, threading, time\n"
        f"for _ in range({threads}): threading.Thread(target=time.sleep, args=(9,)).start()\n"
        "os.write(1, b'.'); sys.stdin.buffer.read(1); time.sleep(float(sys.argv[1])); os._exit(0)"
    )
    with Recorder() as recorder:
        became = set()
        for number in range(18):  # at last it lives for two minutes
            delay_s = 0.001 * 2**number if number else 0
            program = subprocess.Popen(
                [*PYTHON, "-c", text, str(delay_s)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            program.stdout.read(1)
            watched = checked(Watched("pid", (str(program.pid),)))
            program.stdin.write(b"g")
            program.stdin.flush()
            path = tmp_path / f"{number}.trace"
            try:
                state = recorder.attach(watched, path, deadline_s=PATIENCE_S).state
            except UsageError as error:
                state = "it ended" if "ended while tracer attached" in str(error) else str(error)
            became.add(state)
            assert path.exists() == (state == "complete")
            assert state != "complete" or doubts_of_records(read_trace(path)) == []
            assert recorder.instrument.maps.tasks.tids() == set()
            program.communicate()
            assert became <= {"complete", "it ended"}
            if number > 6 and state == "complete":
                break
        else:
            pytest.fail("it always ended first")


def test_the_call_that_somebody_elses_process_is_in(tmp_path, start):
    """Root has given up the right to read any file by the time it asks for a task's call."""
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    program = start("import select; select.poll().poll()", *nobody)
    poll = f"{arch.here().syscalls['poll']} "
    wait_for(lambda: Path(f"/proc/{program.pid}/syscall").read_text().startswith(poll))
    done = tracer("record", "-p", str(program.pid), "--duration", "0.3", "-o", tmp_path / "x.trace")
    assert done.returncode == 0, done.stderr
    (call,) = read_trace(tmp_path / "x.trace").calls.itertuples()
    assert (call.name, call.unfinished, call.unseen) == ("poll", True, Unseen.BEGINNING)


def test_somebody_elses_process(tmp_path, start):
    """Two capabilities are enough to record it, but not to read what is behind its fds."""
    program = start(THREADS)
    asleep(program.pid, 6)
    with tempfile.TemporaryDirectory() as there:
        Path(there).chmod(0o777)
        path = Path(there) / "x.trace"
        caps = "+bpf,+perfmon"
        done = tracer(
            "record", "-p", str(program.pid), "--duration", "1", "-o", path,
            before=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                    f"--inh-caps={caps}", f"--ambient-caps={caps}"),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert manifest(path)["fd_names"] == {"seen": 0, "skipped": 0, "unreadable": 2}
        assert manifest(path)["joined"] == 6
