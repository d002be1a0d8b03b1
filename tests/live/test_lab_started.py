"""Programs in a guest: those that have dropped their privileges run as if untraced."""

from __future__ import annotations

import shlex

import pytest

from analysis.frames import read_trace
from tests.live.running import LAB_S, PYTHON, manifest, tracer
from tests.live.test_started import CLIENT, SERVER
from tracer.lab.releases import DEFAULT

pytestmark = [pytest.mark.live, pytest.mark.lab]

PORT = "8123"
DROPPED = (
    "setpriv --reuid nobody --regid nogroup --clear-groups sh -c '/bin/true; echo as nobody' && "
    "unshare -U sh -c '/bin/true; echo in a user namespace' && exec "
)
"""Before breakpoints were set on processors, both said "Cannot fork"."""


def test_without_privileges_a_program_can_fork_and_serve(tmp_path):
    """Copies are counted by breakpoints all the same."""
    server = shlex.join([*PYTHON, "-c", SERVER, PORT])
    client = shlex.join([*PYTHON, "-c", CLIENT, PORT, "0"])
    done = tracer(
        *("record", "--kernel", DEFAULT, "-o", tmp_path / "x.trace"),
        *("--with", client, "--ready", PORT, "--", "sh", "-c", DROPPED + server),
        timeout=LAB_S,
    )
    assert done.returncode == 0, done.stderr
    assert "Cannot fork" not in done.stderr
    assert done.stdout.splitlines() == ["as nobody", "in a user namespace"]
    trace = read_trace(tmp_path / "x.trace")
    assert (trace.calls.name == "sendto").sum() == 23
    assert (trace.calls.name == "accept4").sum() == 1
    found = manifest(tmp_path / "x.trace")
    assert set(found["losses"].values()) == {0}
    assert found["hits"]["_copy_from_user"] > 0
    assert {"setpriv", "unshare", "sh", "python3", "true"} >= set(trace.tasks["comm"])
