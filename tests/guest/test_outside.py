"""Several boots at once, without guests: a program stands in and writes what one would."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, wait_for
from tracer.guest import outside as labrecord
from tracer.guest.asked import LabBoot, Recording
from tracer.guest.inside import STOP
from tracer.guest.outside import record_boots
from tracer.lab.boot import Result
from tracer.lab.kernels import Kernel
from tracer.shared.errors import LabError, PanicError

KERNEL = Kernel("6.1.0-56-amd64", Path("vmlinuz"), None)


def leave_trace(path: Path) -> None:
    path.mkdir()
    for name in ("manifest.json", "calls.bin", "steps.bin", "tasks.bin"):
        (path / name).write_text(name)


class Guests:
    """A stand-in for ``tracer.lab.boot``: makes each requested recording, or fails."""

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
        deadline = time.monotonic() + PATIENCE_S
        while self.waits and not (share / STOP).exists():
            assert time.monotonic() < deadline
            if given_up.is_set():
                raise LabError("the guest was stopped before its end")
            time.sleep(0.01)
        time.sleep(0.05)
        answers = []
        for recording in json.loads((share / "job.json").read_text())["recordings"]:
            leave_trace(share / f"{recording['name']}.trace")
            answers.append({"name": recording["name"], "error": None, "exit_status": 0})
        (share / "answer.json").write_text(json.dumps(answers))
        return Result(0, b"", b"", b"", "", 0.1, kvm=False)


@pytest.fixture
def guests(monkeypatch):
    def put(**options):
        made = Guests(**options)
        monkeypatch.setattr(labrecord, "boot", made.boot)
        return made

    return put


def boots(into: Path, count: int) -> list[LabBoot]:
    return [
        LabBoot(KERNEL, [Recording(f"r{n}", "calls")], into, memory_mib=n + 1) for n in range(count)
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
    guests(fails=2)
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
    assert any("panicked\nbooting again" in line for line in said)


def test_one_that_panics_again_has_failed(guests, tmp_path):
    guests(panics=2)
    (found,) = record_boots(boots(tmp_path, 1), at_once=1, progress=silent)
    assert isinstance(found, PanicError)


def test_a_panic_under_a_users_command_is_reported_at_once(guests, tmp_path):
    guests(panics=1)
    boot = LabBoot(KERNEL, [Recording("r0", "calls", command=["true"])], tmp_path)
    (found,) = record_boots([boot], at_once=1, progress=silent)
    assert isinstance(found, PanicError)


def interrupt(made: Guests, number: int = signal.SIGINT) -> threading.Thread:
    """Send a signal to ourselves once two guests run."""

    def send() -> None:
        made.started.acquire()
        made.started.acquire()
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=lambda n: n.name
)
def test_a_signal_keeps_what_runs_and_begins_nothing_more(guests, tmp_path, number):
    made = guests(waits=True)
    said = []
    sender = interrupt(made, number)
    found = record_boots(
        boots(tmp_path, 4), at_once=2, progress=lambda boot, line: said.append((boot, line))
    )
    sender.join()
    assert [len(outcomes) for outcomes in found] == [1, 1, 0, 0]
    assert found[0][0].signal == number
    assert "what was recorded is kept" in said[-1][1]


def test_a_second_ctrl_c_gives_up_on_the_guests(guests, tmp_path, monkeypatch):
    made = guests(waits=True)
    monkeypatch.setattr(labrecord, "STOP", "asked")  # guests that ignore the first signal
    sender = interrupt(made)

    def again(_boot: LabBoot, line: str) -> None:
        if "Ctrl-C again" in line:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        record_boots(boots(tmp_path, 4), at_once=2, progress=again)
    sender.join()
    assert made.running == 0
    assert list(tmp_path.iterdir()) == []


def test_what_takes_a_guest_long_is_reported_again(tmp_path, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(labrecord, "boot", Hostile(lambda _: wait_for(lambda: said[2:])).boot)
    monkeypatch.setattr(labrecord, "_BEAT_S", 0.01)
    record_boots(boots(tmp_path, 1), at_once=1, progress=lambda _, line: said.append(line))
    assert said[0] == "booting 6.1.0-56-amd64"
    assert {re.sub(r"\d+", "0", line) for line in said[1:]} == {"booting 0.0.0-0-amd0 (0 s)"}


class Hostile(Guests):
    """A guest whose program leaves something other than requested."""

    def __init__(self, leave) -> None:
        super().__init__()
        self.leave = leave

    def _run(self, share, memory_mib, given_up):
        result = super()._run(share, memory_mib, given_up)
        self.leave(share)
        return result


def of_hostile(monkeypatch, into, leave):
    monkeypatch.setattr(labrecord, "boot", Hostile(leave).boot)
    (found,) = record_boots(boots(into, 1), at_once=1, progress=silent)
    return found


@pytest.mark.parametrize(
    "answer",
    [
        "7", "{}", "[7]", "[[]]", '[{"name": "../../etc"}]', '[{"name": ["r0"]}]',
        '[{"name": "r0", "exit_code": "x", "error": {}, "exit_status": 1e9, "state": []}]',
    ],
)  # fmt: skip
def test_an_answer_of_another_shape(monkeypatch, tmp_path, answer):
    found = of_hostile(
        monkeypatch, tmp_path, lambda share: (share / "answer.json").write_text(answer)
    )
    if isinstance(found, list):
        assert all(outcome.name == "r0" and outcome.state is None for outcome in found)
    else:
        assert "no readable answer" in str(found)


def test_a_trace_that_is_a_link_is_no_trace(monkeypatch, tmp_path):
    (tmp_path / "precious").mkdir()

    def leave(share: Path) -> None:
        (share / "r0.trace").rename(share / "away")
        (share / "r0.trace").symlink_to(tmp_path / "precious")

    found = of_hostile(monkeypatch, tmp_path / "into", leave)
    assert found[0].path is None
    assert "the guest left no directory" in found[0].error
    assert (tmp_path / "precious").is_dir()


def test_asking_to_stop_goes_through_no_link(tmp_path):
    (tmp_path / STOP).symlink_to(tmp_path / "nologin")
    labrecord._ask_to_stop(tmp_path)
    assert not (tmp_path / "nologin").exists()
