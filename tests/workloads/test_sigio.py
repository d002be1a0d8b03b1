"""A signal per event, which carries its fd."""

from __future__ import annotations

import pytest

from tests.workloads.conftest import ASLEEP, BEFORE


@pytest.mark.parametrize("kind", ["unix", "tcp", "pipe"])
def test_a_signal_per_event(one, kind):
    phase = one(model="sigio", fd_kind=kind, **BEFORE)
    calls, results = phase["calls"], phase["results"]
    assert calls["fcntl"] == {"count": 21, "ret_sum": 0}
    assert calls["rt_sigtimedwait"] == {"count": 33, "ret_sum": 33 * results["signal"]}
    assert results["signalled"] == phase["active"] * 11
    assert results["vain"] == 0
    assert results["bytes_read"] == 33


def test_signals_while_asleep(one):
    phase = one(model="sigio", **ASLEEP)
    assert sorted(phase["results"]["signalled"]) == sorted(phase["active"] * 3)
