"""Cells of a table: an overlong name cannot control how a line begins."""

from __future__ import annotations

import pytest

from analysis.terminal.tables import table
from tracer.shared.wrapping import GOES_ON

FORGED = "losses:none"


@pytest.mark.parametrize("before", ["", "进程", "a b "])
@pytest.mark.parametrize("width", range(16, 40))
def test_no_line_begins_within_a_name(width: int, before: str) -> None:
    name = f"{before}/a/name/{FORGED}/{FORGED}"
    lines = table(["program", "calls"], [[name, 23]], width, words=1).split("\n")[2:]
    first, *others = [line.removesuffix("23").strip() for line in lines]
    assert not [line for line in (first, *others) if line.startswith("losses")]
    joined = first + "".join(line.removeprefix(GOES_ON) for line in others)
    assert joined.replace(" ", "") == name.replace(" ", "")
