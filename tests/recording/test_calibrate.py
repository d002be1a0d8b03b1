"""A hook that did not see its known call is not trusted."""

from __future__ import annotations

import errno
import os
from types import SimpleNamespace

import pytest

from tracer.bpf.plan import EVERY_FAMILY
from tracer.recording import calibrate
from tracer.recording.known_calls import NAMES
from tracer.recording.recorder import Recorder


def refused():
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


@pytest.mark.live
def test_natively_the_tracepoints_are_all_seen():
    with Recorder("steps") as recorder:
        attached = {choice.hook.name for choice in recorder.plan if choice.point}
    assert {"sys_enter", "sched_switch", "sched_waking", "signal_deliver"} <= attached


@pytest.mark.live
def test_a_hook_that_does_not_see_its_known_call_is_not_trusted(monkeypatch):
    monkeypatch.setitem(calibrate.QUIET, "handled-signal", lambda: None)
    monkeypatch.setitem(calibrate.QUIET, "signal-driven", lambda: None)
    with Recorder("calls") as recorder:
        (choice,) = (each for each in recorder.plan if each.hook.name == "signal_deliver")
    assert choice.point is None
    assert choice.reason
    assert choice.reason.endswith("attached, but a known call passed it by unseen")


@pytest.mark.live
def test_a_known_call_that_the_kernel_refuses_proves_nothing(monkeypatch):
    monkeypatch.setitem(calibrate.QUIET, "handled-signal", refused)
    with Recorder("calls") as recorder:
        assert "signal_deliver" in {each.hook.name for each in recorder.plan if each.point}


def test_hits_in_others_context_are_hits(monkeypatch):
    """A callback run by an interrupt is seen in the context of whichever task was running."""
    hook = SimpleNamespace(name="pollwake", id=1, calibrate=(), known="timed-poll")
    choice = SimpleNamespace(hook=hook, point="fentry:pollwake")
    for mine, others, silent in ((0, 0, True), (1, 0, False), (0, 1, False)):
        totals = SimpleNamespace(hits=[0, mine], elsewhere=[0, others])
        maps = SimpleNamespace(totals=lambda found=totals: found, release_all=lambda: None)
        monkeypatch.setattr(calibrate, "_run", mark_all)
        monkeypatch.setattr(calibrate, "_take", lambda *_: b"")
        found = calibrate.silent_hooks(SimpleNamespace(maps=maps, plan=(choice,)))
        assert found == ({"pollwake": (EVERY_FAMILY,)} if silent else {})


def mark_all(_maps, made, _known):
    for place in range(len(NAMES)):
        made[place] = 1


def test_known_calls_are_made_only_for_attached_hooks(monkeypatch):
    asked = []
    monkeypatch.setattr(calibrate, "_run", lambda _maps, _made, known: asked.append(known))
    monkeypatch.setattr(calibrate, "_take", lambda *_: b"")
    totals = SimpleNamespace(hits=[0, 0], elsewhere=[0, 0])
    maps = SimpleNamespace(totals=lambda: totals, release_all=lambda: None)
    there, absent = (
        SimpleNamespace(
            hook=SimpleNamespace(name=known, id=1, calibrate=(), known=known), point=point
        )
        for known, point in (("fork", "raw_tp:x"), ("aio-poll", None))
    )
    calibrate.silent_hooks(SimpleNamespace(maps=maps, plan=(there, absent)))
    assert asked == [{"ready", "fork"}], "ready: one call of each family"
