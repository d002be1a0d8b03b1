"""Each row of the registry names an existing class, and fields that a phase has."""

from __future__ import annotations

import pytest

from tracer.shared.phase import CHOICES, DEFAULTS, Phase
from tracer.workloads import models, spec
from tracer.workloads.registry import WORKLOADS, Workload, entry, fds_each, waits_by

COLUMNS_FOR_SUMMARY = 59
"""Width of a summary in ``tracer record --help`` beside the longest name, in 80 columns."""


def phase(model: str, **fields: object) -> Phase:
    return spec.parse([{"model": model, **fields}])[0]


@pytest.mark.parametrize("row", WORKLOADS.values(), ids=WORKLOADS)
def test_row(row: Workload) -> None:
    for name in filter(None, (row.entry, row.entry_if_blocking)):
        assert issubclass(models.load(name), models.Model)
    assert row.fields <= set(Phase._fields)
    assert set(row.defaults) <= set(DEFAULTS)
    assert row.waits_by == "io" or "io" not in row.fields
    assert 0 < len(row.summary) <= COLUMNS_FOR_SUMMARY


def test_a_server_waits_by_its_io() -> None:
    for io in CHOICES["io"]:
        assert waits_by(phase("server", io=io)) == io
    assert waits_by(phase("epoll-oneshot")) == "epoll"


def test_a_server_of_blocking_calls_is_another_program() -> None:
    assert entry(phase("server", io="blocking")) == "server_blocking:BlockingServer"
    assert entry(phase("server", io="poll")) == "server:Server"


@pytest.mark.parametrize(
    ("model", "kind", "count"),
    [("poll", "unix", 2), ("poll", "eventfd", 1), ("server", "tcp", 1), ("epoll-limits", "", 3)],
)
def test_fds_each(model: str, kind: str, count: int) -> None:
    assert fds_each(phase(model, **({"fd_kind": kind} if kind else {}))) == count
