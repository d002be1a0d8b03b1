"""Timelines name the files behind fds, if they were observed."""

from __future__ import annotations

import numpy as np

from analysis.frames import read_trace
from analysis.timeline import timeline_of
from analysis.timeline.text import timeline_table
from analysis.trace.spools import dtype_of
from tests.analysis.handmade import Maker
from tests.analysis.timeline.scenes import EPFD, epoll_asleep
from tests.analysis.timeline.test_timeline import texts
from tracer.shared.records import STEP_FIELDS, StepKind


def test_names_are_shown_beside_fds(tmp_path):
    maker = Maker(detail="steps")
    maker.observe(8, "tcp", local="127.0.0.1:80", peer="10.0.0.7:4711", state="ESTABLISHED")
    maker.observe(EPFD, "epoll", watches=[4, 6, 8])
    epoll_asleep(maker)
    found = timeline_of(read_trace(maker.write(tmp_path / "x.trace")))
    connection = "fd 8 (TCP 127.0.0.1:80->10.0.0.7:4711 (ESTABLISHED))"
    words = texts(found)
    assert (
        f"calls epoll_wait on fd {EPFD} (epoll, watches 3 fds, 4 to 8), to wait as long as it takes"
    ) in words
    assert f"polls {connection}: nothing to read" in words
    assert (
        f"runs the callback of {connection}: puts it on the ready list of its epoll instance"
        in (words)
    )
    assert f"{connection} on the ready list of its epoll instance" in words
    assert "fd 8 (TCP 127.0.0.1:80->10.0.0.7" in timeline_table(found, 200)


def test_a_name_does_not_control_the_terminal(tmp_path):
    maker = Maker(detail="steps")
    maker.observe(8, "file", text="/a\x1b[2J")
    epoll_asleep(maker)
    found = timeline_of(read_trace(maker.write(tmp_path / "x.trace")))
    assert any("fd 8 (/a\\x1b[2J)" in words for words in texts(found))
    assert "\x1b" not in timeline_table(found, 200)


def test_a_step_of_an_unknown_kind_is_no_moment(tmp_path):
    maker = Maker(detail="steps")
    epoll_asleep(maker)
    path = maker.write(tmp_path / "x.trace")
    before = texts(timeline_of(read_trace(path)))
    steps = np.fromfile(path / "steps.bin", dtype_of(STEP_FIELDS))
    steps["kind"][steps["kind"] == StepKind.SWITCH_IN] = 255
    steps.tofile(path / "steps.bin")
    after = texts(timeline_of(read_trace(path)))
    assert after == [words for words in before if "is on the CPU again" not in words]
    assert after != before
