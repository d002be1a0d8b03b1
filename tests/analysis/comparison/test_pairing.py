from __future__ import annotations

from pathlib import Path

import pytest

from analysis.comparison.pairing import FamilyPair, Phase, pair_families, pair_phases, phases_of
from analysis.frames import read_trace
from analysis.windows.totals import totals_of
from tests.analysis.handmade import Maker


def phases(*names: str | None) -> list[Phase]:
    return [Phase(number, name) for number, name in enumerate(names, 1)]


def joined(a: list[Phase], b: list[Phase]) -> list[tuple[str | None, str | None, str | None]]:
    return [
        (pair.a and pair.a.title, pair.b and pair.b.title, pair.matched)
        for pair in pair_phases(a, b)
    ]


def test_by_name_in_any_position() -> None:
    assert joined(phases("x", "y"), phases("y", "x")) == [("x", "x", "name"), ("y", "y", "name")]


def test_the_rest_by_order() -> None:
    assert joined(phases("poll-1", "x", "poll-2"), phases("epoll-1", "epoll-2", "x")) == [
        ("poll-1", "epoll-1", "order"),
        ("x", "x", "name"),
        ("poll-2", "epoll-2", "order"),
    ]


def test_unpaired_phases_come_last() -> None:
    assert joined(phases("x", "y", "z"), phases("z")) == [
        ("z", "z", "name"),
        ("x", None, None),
        ("y", None, None),
    ]
    assert joined(phases("x"), phases("y", "x", "z"))[1:] == [
        (None, "y", None),
        (None, "z", None),
    ]


def test_phases_of_one_name_are_paired_in_order() -> None:
    pairs = pair_phases(phases("x", "x"), phases("x", "x"))
    assert [(pair.a, pair.b) for pair in pairs] == [(phase, phase) for phase in phases("x", "x")]


def test_phases_without_a_name_by_order() -> None:
    assert joined(phases(None, "x"), phases("x", None)) == [
        ("phase 1", "phase 2", "order"),
        ("x", "x", "name"),
    ]


def test_calls_outside_of_phases_are_only_paired_with_each_other() -> None:
    none = Phase(0, "no phase")
    assert joined([*phases("x"), none], [*phases("y"), none]) == [
        ("x", "y", "order"),
        ("no phase", "no phase", "name"),
    ]
    assert joined([none], phases("y")) == [("no phase", None, None), (None, "y", None)]
    assert joined(phases("y"), [none]) == [("y", None, None), (None, "no phase", None)]


def test_phases_of_a_trace(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("read", 1)
    maker.phase("poll")
    maker.phase("poll", name="without calls")
    recording = read_trace(maker.write(tmp_path)).recording
    assert phases_of(recording, totals_of(recording)) == [
        Phase(1, "poll-1"),
        Phase(2, "without calls"),
        Phase(0, "no phase"),
    ]


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        ({"read", "poll"}, {"poll", "read"}, [("poll", "poll"), ("read", "read")]),
        ({"poll"}, {"epoll_wait", "epoll_ctl"}, [("poll", "epoll_wait"), (None, "epoll_ctl")]),
        ({"epoll_wait"}, {"select"}, [("epoll_wait", "select")]),
        ({"poll", "read"}, {"read"}, [("poll", None), ("read", "read")]),
        (
            {"poll", "select"},
            {"epoll_wait"},
            [("select", None), ("poll", None), (None, "epoll_wait")],
        ),
        ({"poll"}, {"poll", "epoll_wait"}, [("poll", "poll"), (None, "epoll_wait")]),
        ({"?"}, {"?", "read"}, [(None, "read"), ("?", "?")]),
    ],
)
def test_families(a: set[str], b: set[str], pairs: list[tuple[str | None, str | None]]) -> None:
    assert [(pair.a, pair.b) for pair in pair_families(a, b)] == pairs


def test_titles_of_families() -> None:
    assert FamilyPair("poll", "epoll_wait").title == "poll | epoll_wait"
    assert FamilyPair("poll", "poll").title == "poll"
    assert FamilyPair(None, "epoll_ctl").title == "epoll_ctl"
