"""Commands that are started, natively: what they leave behind, their clients, their users."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path

import pytest

from analysis.frames import read_trace
from tests.live.running import PYTHON, manifest, started, tracer
from tests.ports import reserved_port
from tests.waiting import PATIENCE_S, is_gone, wait_for

pytestmark = pytest.mark.live

DAEMON = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(float(sys.argv[2]))
for _ in range(23): os.write(2, b"")
"""

SERVER = """
import select, signal, socket, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
time.sleep(0.3)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
poll, sockets = select.poll(), {listener.fileno(): listener}
poll.register(listener, select.POLLIN)
while True:
    for fd, _ in poll.poll():
        if fd == listener.fileno():
            connection = listener.accept()[0]
            sockets[connection.fileno()] = connection
            poll.register(connection, select.POLLIN)
        elif not (data := sockets[fd].recv(64)):
            poll.unregister(fd)
            sockets.pop(fd).close()
        else:
            sockets[fd].send(data)
"""

CLIENT = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as server:
    for _ in range(23):
        server.send(b"x")
        assert server.recv(64) == b"x"
sys.exit(int(sys.argv[2]))
"""


def program(tmp_path: Path, name: str, text: str) -> list[str]:
    (tmp_path / name).write_text(text)
    return [*PYTHON, str(tmp_path / name)]


def test_a_daemon_is_followed_to_its_end(tmp_path):
    command = [*program(tmp_path, "daemon.py", DAEMON), str(tmp_path / "pid"), "8"]
    done = tracer("record", "-o", tmp_path / "x.trace", "--", *command)
    assert done.returncode == 0, done.stderr
    pid = int((tmp_path / "pid").read_text())
    calls = read_trace(tmp_path / "x.trace").calls
    assert ((calls.pid == pid) & (calls.name == "write") & (calls.fd == 2)).sum() == 23
    assert f"the command has ended; 1 process of it still runs: python3 ({pid})" in done.stderr
    assert "3 tasks in " in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "state"),
    [(["--duration", "3"], 0, "complete"), (["--deadline", "3"], 130, "interrupted")],
)
def test_what_ends_the_recording_ends_the_daemon(tmp_path, options, code, state):
    command = [*program(tmp_path, "daemon.py", DAEMON), str(tmp_path / "pid"), "100"]
    done = tracer("record", "-o", tmp_path / "x.trace", *options, "--", *command)
    assert done.returncode == code, done.stderr
    assert manifest(tmp_path / "x.trace")["state"] == state
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_ctrl_c_ends_the_daemon_and_the_recording_normally(tmp_path):
    command = [*program(tmp_path, "daemon.py", DAEMON), str(tmp_path / "pid"), "100"]
    recorder = started("record", "-o", tmp_path / "x.trace", "--", *command)
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    recorder.send_signal(signal.SIGINT)
    _, said = recorder.communicate(timeout=PATIENCE_S)
    assert recorder.returncode == 0, said
    assert is_gone(int((tmp_path / "pid").read_text()))
    assert "ended by Ctrl-C" in said


def test_no_follow_is_the_command_alone(tmp_path):
    done = tracer(
        *("record", "--no-follow", "-o", tmp_path / "x.trace", "--"),
        *("sh", "-c", "(: ; cat /dev/null); cat /dev/null; exit 3"),
    )
    assert done.returncode == 3, done.stderr
    assert "1 task in " in done.stderr
    assert read_trace(tmp_path / "x.trace").calls.tid.nunique() == 1


@pytest.mark.parametrize("status", [0, 7])
def test_a_client_starts_when_the_server_is_ready_and_ends_the_recording(tmp_path, status):
    with reserved_port() as port:
        server = [*program(tmp_path, "server.py", SERVER), str(port)]
        client = " ".join([*program(tmp_path, "client.py", CLIENT), str(port), str(status)])
        with_client = ("--with", client, "--ready", str(port))
        done = tracer("record", "-o", tmp_path / "x.trace", *with_client, "--", *server)
    assert done.returncode == status, done.stderr
    assert "ended with its client" in done.stderr
    assert manifest(tmp_path / "x.trace")["state"] == "complete"
    calls = read_trace(tmp_path / "x.trace").calls
    assert calls.pid.nunique() == 1, "the client is not traced"
    assert (calls.name == "sendto").sum() == 23
    assert (calls.name == "accept4").sum() == 1, "and to see that it is ready took no connection"


def test_a_client_that_never_started_is_reported(tmp_path):
    done = tracer(
        *("record", "-o", tmp_path / "x.trace", "--with", "true", "--ready", tmp_path / "socket"),
        *("--duration", "0.3", "--", "sleep", "60"),
    )
    assert done.returncode == 0, done.stderr
    assert f"not started, since nothing was ready at {tmp_path / 'socket'}" in done.stderr


def test_as_another_user_it_can_fork(tmp_path):
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        done = tracer(
            *("record", "-u", "nobody", "-o", tmp_path / "x.trace", "--"),
            *("sh", "-c", f"/bin/true; id -un > {name}/who"),
        )
        assert done.returncode == 0, done.stderr
        assert Path(name, "who").read_text() == "nobody\n"
    assert read_trace(tmp_path / "x.trace").calls.tid.nunique() == 3


def test_twenty_thousand_short_forks(tmp_path):
    forks = "import os\nfor _ in range(20000):\n    if os.fork() == 0: os._exit(0)\n    os.wait()\n"
    done = tracer("record", "-o", tmp_path / "x.trace", "--", *PYTHON, "-c", forks, timeout=600)
    assert done.returncode == 0, done.stderr
    assert manifest(tmp_path / "x.trace")["joined"] == 20_001
    assert set(manifest(tmp_path / "x.trace")["losses"].values()) == {0}


def test_stopped_in_a_pid_namespace(tmp_path):
    done = tracer(
        *("record", "--duration", "1", "-o", tmp_path / "x.trace", "--", "sleep", "100"),
        before=("unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", '"$@"; exit $?', "sh"),
    )
    assert done.returncode == 0, done.stderr
    assert manifest(tmp_path / "x.trace")["exit_status"] == -signal.SIGINT
