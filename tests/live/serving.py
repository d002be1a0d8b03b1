"""Checks of recordings of servers."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.frames import Trace


def accepted_under_a_name(trace: Trace, pids: Sequence[int], port: int) -> None:
    """Assert that each accept names its listener, and each connection its peer or its listener."""
    calls = trace.calls
    accepts = calls[calls["pid"].isin(pids) & (calls["family"] == "accept")]
    given = accepts[(accepts["ret"] >= 0).fillna(False)]
    assert len(given) > 0
    listener = f"TCP 127.0.0.1:{port} (LISTEN)"
    names = trace.fds.names(given.rename(columns={"enter_ns": "at_ns"}))
    assert set(names) == {listener}
    fds = given.assign(fd=given["ret"].astype(int), at_ns=given["exit_ns"].astype(int) + 1)
    for said in trace.fds.names(fds):
        assert said == f"accepted on {listener}" or f"127.0.0.1:{port}->" in said
