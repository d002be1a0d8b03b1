"""Phases follow each other, each with its number, its fds and its deadline."""

from __future__ import annotations

import pytest

from tests.workloads.conftest import ENDLESS, SHORT


def test_phases_are_numbered_and_give_their_fds_back(run):
    ended = run([{"model": "epoll", "fds": 20}, {"model": "select", "fds": 20, "name": "second"}])
    assert [phase["number"] for phase in ended.phases] == [1, 2]
    assert ended.phases[1]["name"] == ended.phases[1]["spec"]["name"] == "second"
    assert ended.phases[0]["fds"] == ended.phases[1]["fds"]


@pytest.mark.slow
def test_deadline_names_the_phase(workload):
    workload.start([SHORT, {**ENDLESS, "deadline_s": 1}])
    ended = workload.end()
    assert ended.status == 1
    assert "phase 2 'endless' did not end within 1 s" in ended.stderr
    assert "its calls so far: write 1; raise deadline_s" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert [phase["name"] for phase in ended.phases] == ["short"]
