"""Capabilities: read, named, given up."""

from __future__ import annotations

import os

import pytest

from tracer.shared import rights


def test_held_are_the_bits_of_the_status(tmp_path):
    status = tmp_path / "status"
    status.write_text("Name:\tx\nCapEff:\t000000c000000020\nCapBnd:\tffff\n")
    assert rights.held(status) == {rights.KILL, rights.PERFMON, rights.BPF}


@pytest.mark.parametrize(
    ("have", "lacking"),
    [
        ((), ("CAP_BPF", "CAP_PERFMON")),
        ((rights.BPF,), ("CAP_PERFMON",)),
        ((rights.BPF, rights.PERFMON), ()),
        ((rights.SYS_ADMIN,), ()),
    ],
)
def test_what_is_missing(have, lacking):
    assert rights.missing(have) == lacking


def test_given_up_capabilities_are_gone_and_no_others_appear():
    before = rights.held()
    child = os.fork()
    if child == 0:
        rights.keep_only((rights.KILL, 63))
        os._exit(0 if rights.held() == before & {rights.KILL} else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert rights.held() == before
