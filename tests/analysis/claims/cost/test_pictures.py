"""Pictures of costs, of kernels whose prices are known (in ns; an instruction takes 2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.cost.events_picture import ALL_ACTIVE, IDLE_ADVANTAGE
from analysis.claims.cost.experiment import COST, IDLE
from analysis.claims.cost.growth_picture import AWAKE_SCAN, MUX_DEGRADES
from analysis.claims.cost.parts_picture import CALLBACK_SAVES, CTL_CHURN
from analysis.experiments.experiment import Experiment
from analysis.frames import Trace, read_trace
from analysis.pictures.picture import Picture
from tests.analysis.claims.cost.scenes import Prices, cost


def boots(path: Path, *prices: Prices, of: Experiment = COST) -> list[Trace]:
    makers = [cost(each, of=of) for each in prices]
    return [read_trace(maker.write(path / str(n))) for n, maker in enumerate(makers)]


def test_one_poll_against_fds(tmp_path: Path) -> None:
    rows = AWAKE_SCAN.rows(*boots(tmp_path, Prices(), Prices(epoll_fd_poll=2)))
    assert rows["boot"].value_counts().to_dict() == {1: 14, 2: 14}
    poll = rows[(rows["model"] == "poll") & (rows["boot"] == 1)]
    # 2,000 ns for the call, 400 and 70 for each fd.
    assert poll["fds"].tolist() == [50, 100, 200, 400, 800]
    assert poll["cost"].tolist() == [1000 + 235 * fds for fds in poll["fds"]]
    assert poll["fitted"].tolist() == pytest.approx(poll["cost"].tolist())
    slopes = rows[rows["model"] == "epoll"].groupby("boot")["slope"].first()
    assert slopes.tolist() == [0.0, 1.0]


def test_one_call_against_fds(tmp_path: Path) -> None:
    rows = MUX_DEGRADES.rows(*boots(tmp_path, Prices()))
    first = rows[(rows["model"] == "select") & (rows["fds"] == 50)].iloc[0]
    # 25 entries are queued up to the ready one in the middle.
    assert first["cost"] == 1000 + 235 * 50 + 150 * 25
    assert set(rows["model"]) == {"select", "poll", "epoll"}


def test_one_event_against_the_active_share(tmp_path: Path) -> None:
    rows = ALL_ACTIVE.rows(*boots(tmp_path, Prices(), Prices(epoll_call=2400)))
    assert sorted(set(rows["share"])) == [0.5, 2.0, 100.0]
    one = rows[(rows["model"] == "epoll") & (rows["share"] == 0.5)].iloc[0]
    # The call, its event, the callback in the writer; the second boot's call costs more.
    assert (one["least"], one["most"], one["cost"]) == (890.0, 1690.0, 1290.0)
    every = rows[(rows["model"] == "epoll") & (rows["share"] == 100) & (rows["fds"] == 200)]
    assert every["least"].tolist() == [(400 + 200 * 250) / 200 + 240]


def test_one_event_against_idle_connections(tmp_path: Path) -> None:
    rows = IDLE_ADVANTAGE.rows(*boots(tmp_path, Prices(), of=IDLE))
    epoll = rows[rows["model"] == "epoll"].set_index(["link", "fds"])["cost"]
    assert epoll["same machine", 200] == (400 + 2 * 250) / 2 + 240
    assert epoll["over a veth link", 300] == pytest.approx((400 + 3 * 250) / 3)
    assert set(rows.loc[rows["link"] == "over a veth link", "fds"]) == {100, 300, 900}


def test_parts_of_one_event(tmp_path: Path) -> None:
    rows = CALLBACK_SAVES.rows(*boots(tmp_path, Prices(), Prices()))
    parts = rows.set_index(["bar", "part"])["cost"]
    queued = 200
    # The base cost of a call is in the first part, and nothing is left over.
    assert parts["poll", "copy of the array"] == 1000 + 35 * 400
    assert parts["poll", "rest"] == 0
    assert parts["poll", "entries queued and removed"] == 150 * queued
    assert parts["poll"].sum() == 1000 + 235 * 400 + 150 * queued
    assert parts["select", "entries queued and removed"] == 150 * queued
    assert "copy of the array" not in parts["select"]
    assert parts["epoll"].to_dict() == {"epoll_wait": 650.0, "callback in the writer": 240.0}


def test_parts_of_an_event_with_epoll_ctl(tmp_path: Path) -> None:
    rows = CTL_CHURN.rows(*boots(tmp_path, Prices(ctl=1000)))
    parts = rows.set_index(["bar", "part"])["cost"]
    assert parts["MOD per event", "epoll_ctl"] == 500.0
    assert parts["DEL and ADD", "epoll_ctl"] == 1000.0
    assert ("no epoll_ctl", "epoll_ctl") not in parts
    assert parts["no epoll_ctl", "callback in the writer"] == 240.0


@pytest.mark.parametrize("picture", [MUX_DEGRADES, ALL_ACTIVE, CALLBACK_SAVES])
def test_wall_time_is_not_drawn_as_instructions(picture: Picture, tmp_path: Path) -> None:
    trace = read_trace(cost(clock="real").write(tmp_path))
    with pytest.raises(Undecided, match="counted instructions"):
        picture.rows(trace, trace)
