"""Several boots at once: without a guest, by a program in its place that writes what one would."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tracer.guest import outside as labrecord
from tracer.guest.inside import STOP
from tracer.guest.outside import LabBoot, Recording, record_boots
from tracer.lab.boot import Result
from tracer.lab.kernels import Kernel
from tracer.shared.errors import LabError, PanicError

KERNEL = Kernel("6.1.0-56-amd64", Path("vmlinuz"), None)
SECONDS = 20
"""How long anything here may take at most."""


class Guests:
    """In the place of ``tracer.lab.boot``: makes each recording asked for, or fails."""

    def __init__(self, fails: int | None = None, waits: bool = False, panics: int = 0) -> None:
        self.fails, self.waits, self.panics = fails, waits, panics
        self.lock = threading.Lock()
        self.running = self.most = 0
        self.started = threading.Semaphore(0)

    def boot(self, _kernel, _command, *, share, memory_mib, given_up, **_):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.started.release()
        try:
            return self._run(share, memory_mib, given_up)
        finally:
            with self.lock:
                self.running -= 1

    def _run(self, share, memory_mib, given_up):
        if memory_mib == self.fails:
            raise LabError("it hung")
        if self.panics:
            self.panics -= 1
            (share / "r0.trace").mkdir()
            raise PanicError("kernel 6.1.0-56-amd64 panicked")
        deadline = time.monotonic() + SECONDS
        while self.waits and not (share / STOP).exists():
            assert time.monotonic() < deadline
            if given_up.is_set():
                raise LabError("the guest was stopped before its end")
            time.sleep(0.01)
        time.sleep(0.05)
        answers = []
        for recording in json.loads((share / "job.json").read_text())["recordings"]:
            (share / f"{recording['name']}.trace").mkdir()
            answers.append({"name": recording["name"], "error": None, "exit_status": 0})
        (share / "answer.json").write_text(json.dumps(answers))
        return Result(0, b"", b"", "", 0.1, kvm=False)


@pytest.fixture
def guests(monkeypatch):
    def put(**options):
        made = Guests(**options)
        monkeypatch.setattr(labrecord, "boot", made.boot)
        return made

    return put


def boots(into: Path, count: int) -> list[LabBoot]:
    return [
        LabBoot(KERNEL, [Recording(f"r{n}", "calls")], into, memory_mib=n) for n in range(count)
    ]


def silent(_boot: LabBoot, _line: str) -> None:
    pass


@pytest.mark.parametrize("at_once", [1, 2])
def test_as_many_at_once_as_allowed_and_in_order(guests, tmp_path, at_once):
    made = guests()
    found = record_boots(boots(tmp_path, 5), at_once=at_once, progress=silent)
    assert [outcomes[0].path for outcomes in found] == [tmp_path / f"r{n}.trace" for n in range(5)]
    assert made.most == at_once


def test_one_that_fails_takes_no_other_along(guests, tmp_path):
    guests(fails=1)
    first, failed, last = record_boots(boots(tmp_path, 3), at_once=2, progress=silent)
    assert isinstance(failed, LabError)
    assert str(failed) == "it hung"
    assert first[0].path.is_dir()
    assert last[0].path.is_dir()


def test_a_kernel_that_panics_is_booted_once_more(guests, tmp_path):
    guests(panics=1)
    said = []
    (found,) = record_boots(
        boots(tmp_path, 1), at_once=1, progress=lambda _boot, line: said.append(line)
    )
    assert found[0].path == tmp_path / "r0.trace"
    assert any("panicked\nbooting once more" in line for line in said)


def test_one_that_panics_again_has_failed(guests, tmp_path):
    guests(panics=2)
    (found,) = record_boots(boots(tmp_path, 1), at_once=1, progress=silent)
    assert isinstance(found, PanicError)


def test_a_panic_under_a_users_command_is_told_at_once(guests, tmp_path):
    guests(panics=1)
    boot = LabBoot(KERNEL, [Recording("r0", "calls", command=["true"])], tmp_path)
    (found,) = record_boots([boot], at_once=1, progress=silent)
    assert isinstance(found, PanicError)


def interrupt(made: Guests, times: int) -> threading.Thread:
    """Send SIGINT to ourselves once two guests run, and again if asked."""

    def send() -> None:
        made.started.acquire()
        made.started.acquire()
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_ctrl_c_keeps_what_runs_and_begins_nothing_more(guests, tmp_path):
    made = guests(waits=True)
    said = []
    sender = interrupt(made, times=1)
    found = record_boots(
        boots(tmp_path, 4), at_once=2, progress=lambda boot, line: said.append((boot, line))
    )
    sender.join()
    assert [len(outcomes) for outcomes in found] == [1, 1, 0, 0]
    assert "what was recorded is kept" in said[-1][1]


def test_a_second_ctrl_c_gives_up_on_the_guests(guests, tmp_path, monkeypatch):
    made = guests(waits=True)
    monkeypatch.setattr(labrecord, "STOP", "asked")  # guests that do not heed the first
    sender = interrupt(made, times=2)
    with pytest.raises(KeyboardInterrupt):
        record_boots(boots(tmp_path, 4), at_once=2, progress=silent)
    sender.join()
    assert made.running == 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_guest_does_long_is_told_again(guests, tmp_path, monkeypatch):
    guests()
    monkeypatch.setattr(labrecord, "_BEAT_S", 0.01)
    said = []
    record_boots(boots(tmp_path, 1), at_once=1, progress=lambda _, line: said.append(line))
    assert said[0] == "booting 6.1.0-56-amd64"
    assert set(said[1:]) == {"booting 6.1.0-56-amd64 (0 s)"}
