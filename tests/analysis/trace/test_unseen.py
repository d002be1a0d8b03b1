"""What a call marks as unseen is missing, is reported, and is a doubt where it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.digest import digest_of
from analysis.checks.trust import doubts_of_needs
from analysis.frames import Trace, read_trace
from analysis.report.as_json import to_json
from analysis.report.text import report
from analysis.trace.unseen import COSTS, WHY, sentences
from tests.analysis.handmade import WAKER, Maker
from tracer.shared.records import CALL_FIELDS, Unseen


def sleeper(path: Path, unseen: int, **fields: int) -> Trace:
    maker = Maker()
    maker.phase("blocking")
    maker.call("read", 1, off_cpu_ns=400, sleeps=1, wakeups=1)
    maker.call("read", 1, sleeps=1, wakeups=1, unseen=unseen, **fields)
    return read_trace(maker.write(path / "x.trace"))


def test_every_kind_has_columns_and_a_reason():
    assert list(COSTS) == list(WHY) == list(Unseen)
    columns = {column for columns in COSTS.values() for column in columns}
    assert columns <= {field.name for field in CALL_FIELDS}


@pytest.mark.parametrize("kind", Unseen)
def test_its_columns_are_missing_in_that_call_only(tmp_path, kind):
    calls = sleeper(tmp_path, kind).calls
    assert calls[list(COSTS[kind])].isna().all(axis=1).tolist() == [False, True]


def test_no_kernel_time_where_the_time_off_the_cpu_is_not_known(tmp_path):
    calls = sleeper(tmp_path, Unseen.SWITCH_IN).calls
    assert calls["kernel_ns"].tolist()[0] == 600
    assert calls["kernel_ns"].isna().tolist() == [False, True]


def test_it_is_a_doubt_only_where_it_is_needed(tmp_path):
    trace = sleeper(tmp_path, Unseen.WAKEUP)
    (doubt,) = doubts_of_needs(trace, ["wakeups:read"])
    assert doubt == "missing: wakeups of 1 call: it slept, and no program saw it woken"
    assert doubts_of_needs(trace, ["wakeups"]) == [doubt]
    assert doubts_of_needs(trace, ["wakeups:poll", "sleeps"]) == []


def test_a_call_outside_of_the_phases_is_no_doubt(tmp_path):
    maker = Maker()
    maker.call("read", 1, sleeps=1, unseen=Unseen.WAKEUP, tid=WAKER)
    maker.phase("blocking")
    maker.call("read", 1)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    assert doubts_of_needs(trace, ["wakeups"]) == []
    assert len(sentences(digest_of(trace).totals.unseen, trace.manifest.plan)) == 1


def test_the_report_tells(tmp_path):
    trace = sleeper(tmp_path, Unseen.SWITCH_IN | Unseen.WAKEUP)
    lines = [
        "off_cpu_ns of 1 call: it left the CPU, and no program saw it come back",
        "wakeups of 1 call: it slept, and no program saw it woken",
    ]
    assert to_json(trace)["missing_in_calls"] == lines
    title = "Missing in some calls, which are left out of sums and medians:"
    assert "\n  ".join([title, *lines]) in report(trace)


def test_unseen_polls_are_not_reported_where_no_poll_is_seen(tmp_path):
    maker = Maker(detached={"sock_poll": "EPERM"})
    maker.call("poll", 1, nr=1, unseen=Unseen.FD_POLL)
    trace = read_trace(maker.write(tmp_path / "x.trace"))
    assert trace.calls["fd_polls"].isna().all()
    assert sentences(digest_of(trace).totals.unseen, trace.manifest.plan) == []
    assert doubts_of_needs(trace, ["passes"]) == ["no passes: hook sock_poll: EPERM"]
