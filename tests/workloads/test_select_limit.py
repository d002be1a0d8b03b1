"""glibc's macro ends at 1,024."""

from __future__ import annotations


def test_glibcs_macro_ends_at_1024(one):
    phase = one(model="select-limit")
    assert phase["results"]["first_refused"] == 1024
    assert "out of range" in phase["results"]["words"]
    assert phase["calls"]["select"]["count"] == 10, "one for each number up to 1,023 tried"
