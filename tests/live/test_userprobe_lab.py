"""The two examples of docs/probes.md, in one boot of a stock kernel (BCC compiles for minutes)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.frames import read_trace
from tracer.cli import main
from tracer.lab.releases import DEFAULT
from tracer.shared.records import StepKind

pytestmark = [pytest.mark.live, pytest.mark.lab]

EXAMPLES = Path(__file__).parents[2] / "probes/examples"
FDS, ROUNDS = 7, 11
ESTABLISHED, AF_INET = 1, 2


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("probes") / "tcp.trace"
    code = main([
        "record", "--kernel", DEFAULT, "--detail", "steps", "-o", str(path),
        "--probe", str(EXAMPLES / "tcp_poll_state.c"),
        "--probe", str(EXAMPLES / "sock_def_readable.c"),
        "--model", "poll", "--fd-kind", "tcp", "--waker", "while-asleep",
        "--fds", str(FDS), "--rounds", str(ROUNDS),
    ])  # fmt: skip
    assert code == 0, "trace and workload agree"
    return path


@pytest.fixture(scope="module")
def steps(path):
    return read_trace(path).steps


def test_the_manifest_names_the_attached_probes(path):
    manifest = json.loads((path / "manifest.json").read_text())
    attached = {row["hook"]: row["attached"] for row in manifest["plan"]}
    assert manifest["loader"] == "bcc"
    assert attached["tcp_poll_state"] == "kprobe:tcp_poll"
    assert attached["sock_def_readable"] == "kprobe:sock_def_readable"
    assert manifest["hits"]["tcp_poll_state"] == manifest["hits"]["sock_poll"]


def test_each_socket_polled_is_established(steps):
    """Each poll sleeps once, so each fd is polled twice."""
    own = steps[steps["hook_name"] == "tcp_poll_state"]
    assert len(own) == 2 * FDS * ROUNDS == (steps["hook_name"] == "sock_poll").sum()
    assert set(own["value"]) == {ESTABLISHED}
    assert own["object"].nunique() == FDS


def test_each_write_makes_a_socket_readable_and_then_runs_the_callback(steps):
    seen = steps[(steps["hook_name"] == "sock_def_readable") & (steps["phase"] > 0)]
    assert len(seen) == ROUNDS, "the connects before the phase are left out"
    assert set(seen["value"]) == {AF_INET}
    for row in seen.itertuples():
        call = steps[(steps["tid"] == row.tid) & (steps["seq"] == row.seq)]
        kinds = [(StepKind(step.kind), step.hook_name) for step in call.itertuples()]
        at = kinds.index((StepKind.USER, "sock_def_readable"))
        assert (StepKind.CALLBACK, "pollwake") in kinds[at:]
