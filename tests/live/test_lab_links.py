"""Links and limits on a stock kernel, which has netem and may be changed: one boot."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.trust import common_doubts
from analysis.claims.limits.claims import EPOLL_NO_LIMIT, SELECT_FD_LIMIT
from analysis.claims.limits.experiment import LIMITS
from analysis.frames import Trace, read_trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import CORRECTED, decide
from tests.live.running import LAB_S, manifest
from tracer.guest.asked import LabBoot, Recording
from tracer.guest.outside import record_in_lab
from tracer.lab.kernels import fetch
from tracer.lab.releases import DEFAULT
from tracer.shared.output import to_stderr

pytestmark = [pytest.mark.live, pytest.mark.lab]

IOS = ("select", "poll", "epoll")
IDLE, ACTIVE, ROUNDS = 98, 3, 5
FDS = IDLE + ACTIVE
SERVERS = [
    {"name": f"{io}-{link}", "model": "server", "io": io, "link": link, "fds": FDS,
     "active": ACTIVE, "rounds": ROUNDS, **more}
    for link, more in (("lan", {}), ("wan", {"link_jitter_ms": 0}))
    for io in IOS
]  # fmt: skip
LOSSY = {"name": "lossy", "model": "server", "link": "wan", "link_loss_percent": 20, "rounds": 23}
AFTER = {"name": "after", "model": "epoll", "fd_kind": "tcp", "link": "lan", "fds": 7}
RECORDINGS = [
    Recording("servers", "steps", phases=[*SERVERS, LOSSY, AFTER]),
    Recording("limits", "calls", phases=[dict(phase) for phase in LIMITS.phases]),
    Recording("many", "calls", phases=[{"model": "server", "fds": 5003, "active": 10}]),
]


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trace]:
    into = tmp_path_factory.mktemp("net")
    boot = LabBoot(fetch(DEFAULT), RECORDINGS, into, deadline_s=LAB_S)
    found = {}
    for outcome in record_in_lab(boot, progress=to_stderr):
        assert outcome.error is None
        assert outcome.path is not None
        found[outcome.name] = read_trace(outcome.path)
    return found


def phase(trace: Trace, name: str) -> PhaseTruth:
    assert trace.truth is not None
    return next(row for row in trace.truth.phases if row.name == name)


@pytest.mark.parametrize("name", [recording.name for recording in RECORDINGS])
def test_nothing_is_in_doubt_or_lost(traces: dict[str, Trace], name: str) -> None:
    assert common_doubts(traces[name]) == []
    assert set(manifest(Path(traces[name].path))["losses"].values()) == {0}


@pytest.mark.parametrize("name", [str(server["name"]) for server in SERVERS])
def test_both_sides_count_the_same(traces: dict[str, Trace], name: str) -> None:
    results = phase(traces["servers"], name).results
    counted = results["clients"]
    assert results["served"] == counted["requests"] == counted["responses"] == ACTIVE * ROUNDS


@pytest.mark.parametrize("io", IOS)
def test_wan_is_late_both_ways_and_lan_is_not(traces: dict[str, Trace], io: str) -> None:
    lan, wan = (phase(traces["servers"], f"{io}-{link}").results for link in ("lan", "wan"))
    assert lan["link"]["queueing"] == ["noqueue", "noqueue"]
    assert wan["link"]["queueing"] == ["netem", "netem"]
    assert wan["clients"]["least_round_trip_us"] >= 40_000
    assert lan["clients"]["least_round_trip_us"] < 40_000


@pytest.mark.parametrize("io", ["select", "poll"])
def test_lan_server_polls_every_connection_in_every_call(traces: dict[str, Trace], io: str) -> None:
    trace = traces["servers"]
    of = phase(trace, f"{io}-lan")
    calls = trace.calls[(trace.calls.phase == of.number) & (trace.calls.tid == of.tid)]
    calls = calls[calls.family == io]
    assert calls.ret.sum() == ACTIVE * ROUNDS
    assert (calls.fd_polls == calls.passes * FDS).all()


def test_lost_packets_are_resent(traces: dict[str, Trace]) -> None:
    counted = phase(traces["servers"], "lossy").results["clients"]
    assert counted["requests"] == counted["responses"] == 23
    assert counted["longest_round_trip_us"] > 2 * counted["least_round_trip_us"]


def test_five_thousand_connections(traces: dict[str, Trace]) -> None:
    assert traces["many"].truth is not None
    (only,) = traces["many"].truth.phases
    assert len(only.fds) == 5003
    assert only.results["clients"]["responses"] == 230


def test_setting_of_the_guest_is_as_before(traces: dict[str, Trace]) -> None:
    found = phase(traces["limits"], "epoll-limits").results["user_watches"]
    assert found["errno_name"] == "ENOSPC"
    assert found["added_after"] == [0]
    assert found["before"] == manifest(traces["many"].path)["machine"]["max_user_watches"]


def test_limits_are_decided(traces: dict[str, Trace]) -> None:
    for claim in (SELECT_FD_LIMIT, EPOLL_NO_LIMIT):
        assert decide(claim, traces["limits"]).outcome == CORRECTED
