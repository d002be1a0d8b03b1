"""How a finding changes from one side to the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.comparison.compare import Comparison, compare
from analysis.comparison.findings import Change, FoundOnce
from analysis.comparison.findings_text import found_line, lines_of, unjudged
from analysis.findings.registry import BY_ID
from analysis.frames import Trace, read_trace
from tests.analysis.findings.cases import polls
from tests.analysis.handmade import Maker

SLOW = pytest.mark.slow
ONE = [BY_ID["busy-poll"]]
BUSY, CALM = polls(0, 0), polls(1, -1)


def trace(path: Path, busy: bool, name: str = "server", **made: object) -> Trace:
    maker = Maker(**made)
    maker.task(71, name)
    (BUSY if busy else CALM)(maker)
    return read_trace(maker.write(path))


def sides(path: Path, of_a: list[bool], of_b: list[bool], **of_both: str) -> Comparison:
    a, b = (
        [trace(path / f"{side}{n}.trace", busy, **of_both) for n, busy in enumerate(each)]
        for side, each in (("a", of_a), ("b", of_b))
    )
    return compare(a, b, rules=ONE)


def busy_poll(found: Comparison) -> FoundOnce:
    (each,) = (each for each in found.findings if each.rule.id == "busy-poll")
    return each


@pytest.mark.parametrize(
    ("of_a", "of_b", "change"),
    [
        ([True], [False], Change.WENT),
        ([False], [True], Change.CAME),
        ([True], [True], Change.BOTH),
        ([True, False], [False, False], Change.SOME),
        pytest.param([False] * 3, [True, True, True], Change.CAME, marks=SLOW),
        pytest.param([True, False, True], [False] * 3, Change.SOME, marks=SLOW),
        pytest.param([False, False, True], [True] * 3, Change.SOME, marks=SLOW),
    ],
)
def test_change(tmp_path: Path, of_a: list[bool], of_b: list[bool], change: Change) -> None:
    found = busy_poll(sides(tmp_path, of_a, of_b))
    assert (found.change, found.program) == (change, "server")
    assert (len(found.a.findings), len(found.b.findings)) == (sum(of_a), sum(of_b))


def test_what_neither_has_is_not_shown(tmp_path: Path) -> None:
    found = sides(tmp_path, [False], [False]).findings
    assert {each.change for each in found} <= {Change.UNJUDGED}
    assert found_line(found) == "Findings: none on either side."


def test_sentences_have_the_numbers_of_both_sides(tmp_path: Path) -> None:
    found = busy_poll(sides(tmp_path, [True, True, False], [False, False, False]))
    first, a, b = map(str, lines_of(found))
    assert first == "in some: Busy polling: short waits that find nothing [busy-poll]"
    assert a.startswith("A: in 2 of 3, the first: server (71): 23 of 23 ")
    assert a.endswith("; 0.023 ms (0.023..0.023) in all")
    assert b == "B: not found"
    numbers = found.a.numbers
    assert all(len(values) == 2 for values in numbers.values())
    assert (23.0, 23.0) in numbers.values()


def test_what_could_not_be_judged_has_its_reason(tmp_path: Path) -> None:
    without = {"sched_switch": "raw_tp: EPERM"}
    a = trace(tmp_path / "a.trace", busy=True)
    b = trace(tmp_path / "b.trace", busy=False, detached=without)
    found = compare([a], [b], rules=ONE).findings
    (each,) = (each for each in found if each.rule.id == "busy-poll")
    assert (each.change, each.because) == (Change.UNJUDGED, "in B: hooks are not attached")
    assert each.a.findings
    assert "busy-poll" in str(unjudged(found))
    assert str(tuple(lines_of(each))[2]) == "B: not judged: hooks are not attached"


def test_programs_of_two_names_are_compared(tmp_path: Path) -> None:
    a = trace(tmp_path / "a.trace", busy=True, name="server-v1")
    b = trace(tmp_path / "b.trace", busy=True, name="server-v2")
    found = busy_poll(compare([a], [b], rules=ONE))
    assert (found.change, found.program) == (Change.BOTH, None)


def test_findings_of_chosen_programs_only(tmp_path: Path) -> None:
    maker = Maker()
    maker.task(71, "server")
    maker.task(72, "load")
    for _ in range(23):
        maker.call("poll", 0, tid=72, timeout_ns=0, nr=1)
    maker.call("read", 1, fd=4)
    found = [read_trace(maker.write(tmp_path / "x.trace"))]
    assert busy_poll(compare(found, found, rules=ONE)).change == Change.BOTH
    assert busy_poll(compare(found, found, ["load"], ONE)).change == Change.BOTH
    of_server = compare(found, found, ["server"], ONE).findings
    assert {each.change for each in of_server} <= {Change.UNJUDGED}
