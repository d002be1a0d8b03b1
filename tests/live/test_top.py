"""``tracer top``, live: its sums are what the program counted, and the program is not disturbed."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.live.running import PYTHON, started, tracer
from tests.waiting import PATIENCE_S, wait_for

pytestmark = pytest.mark.live

LOOP = """\
import json, os, select, signal, sys, time
epoll, (reader, writer) = select.epoll(), os.pipe()
os.set_blocking(reader, False)
epoll.register(reader, select.EPOLLIN)
until, waits, events = time.monotonic() + float(sys.argv[2]), 0, 0
signal.signal(signal.SIGTERM, lambda *_: globals().update(until=0))
truth = open(sys.argv[1], "w")
while time.monotonic() < until:
    os.write(writer, b"x")
    for timeout in (0.01, 0):
        found = epoll.poll(timeout)
        waits, events = waits + 1, events + len(found)
        if found:
            os.read(reader, 10)
truth.write(json.dumps([waits, events, epoll.fileno()]))
"""
"""Waits in a loop for so many seconds, or until SIGTERM; then writes what it did to a file, which
is there once the loop begins.
"""


def samples(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.fixture
def loop(tmp_path: Path) -> list[str]:
    (tmp_path / "loop.py").write_text(LOOP)
    return [*PYTHON, str(tmp_path / "loop.py"), str(tmp_path / "truth")]


def test_sums_are_what_the_program_counted(loop: list[str], tmp_path: Path) -> None:
    done = tracer("top", "--json", "--interval", "0.5", "--", *loop, "1.5")
    assert done.returncode == 0, done.stderr
    found = samples(done)
    waits, events, epfd = json.loads((tmp_path / "truth").read_text())
    rows = [row for each in found for row in each["loops"] if row["call"] == "epoll_wait"]
    assert {row["fd"] for row in rows} == {epfd}
    assert sum(row["calls"] for row in rows) == waits
    assert sum(row["returned"] for row in rows) == events
    assert sum(row["at_once"] for row in rows) == waits // 2
    assert sum(sum(row["took"]) for row in rows) == waits
    assert sum(sum(row["gaps"]) for row in rows) == waits - 1
    assert {each["lost"] for each in found} == {0}
    assert "0 lost; it ended\n" in done.stderr
    assert "busy-polling" in {sign["id"] for each in found for sign in each["signs"]}
    assert any("pipe" in (row["name"] or "") for each in found for row in each["calls"])


def test_attaching_leaves_the_program_alone(loop: list[str], tmp_path: Path) -> None:
    with subprocess.Popen([*loop, "600"]) as program:
        wait_for((tmp_path / "truth").exists)
        watch = ("-p", str(program.pid), "--json", "--interval", "0.2", "--count", "3")
        done = tracer("top", *watch)
        assert done.returncode == 0, done.stderr
        assert program.poll() is None
        program.terminate()
        assert program.wait() == 0
    assert len(samples(done)) == 3
    assert "; ended by --count\n" in done.stderr
    assert {row["pid"] for each in samples(done) for row in each["loops"]} == {program.pid}
    assert json.loads((tmp_path / "truth").read_text())[0] > 0


def test_ctrl_c_ends_it_normally(loop: list[str]) -> None:
    with subprocess.Popen([*loop, "600"]) as program:
        shown = started("top", "-p", str(program.pid), "--interval", "0.2")
        wait_for(lambda: "waits/s" in (shown.stdout.readline() if shown.stdout else ""))
        shown.send_signal(signal.SIGINT)
        _, err = shown.communicate(timeout=PATIENCE_S)
        program.kill()
    assert shown.returncode == 0
    assert "lost; ended by Ctrl-C\n" in err


def test_the_commands_own_exit_code() -> None:
    done = tracer("top", "--", "sh", "-c", "exit 7")
    assert done.returncode == 7


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "name one of: a command"),
        (("--interval", "0.01", "--", "true"), "--interval 0.01: needed: at least 0.1 s"),
        (("--count", "0", "--", "true"), "--count 0: needed: at least 1"),
        (("-p", "1", "--", "true"), "name one of"),
        (("-p", "4194305"), "4194305"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], error: str) -> None:
    done = tracer("top", *arguments)
    assert done.returncode == 2
    assert error in done.stderr
