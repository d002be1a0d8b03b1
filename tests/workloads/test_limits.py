"""More fds than the limits allow are refused, saying what is needed; never more are taken."""

from __future__ import annotations

import resource

import pytest

from tracer.shared.errors import UsageError
from tracer.workloads import limits, spec


@pytest.fixture
def nofile(monkeypatch):
    """Pretend to limits of 64 and 256, and keep what is set."""
    limit = [(64, 256)]
    monkeypatch.setattr(resource, "getrlimit", lambda _which: limit[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _which, pair: limit.append(pair))
    return limit


def phase(**fields):
    """Return one phase."""
    return spec.parse([{"model": "poll", **fields}])[0]


def test_soft_limit_is_raised_only_as_needed(nofile):
    limits.raise_fd_limit(phase(fds=40))
    assert nofile[-1] == (40 * 2 + limits.SPARE_FDS, 256)


def test_soft_limit_that_suffices_stays(nofile):
    limits.raise_fd_limit(phase(fds=5))
    assert nofile == [(64, 256)]


def test_hard_limit(nofile):
    limits.check_fd_limit(phase(fds=112))
    with pytest.raises(UsageError, match=r"needs 258 fds and the hard limit is 256; raise it"):
        limits.check_fd_limit(phase(fds=113))
    limits.check_fd_limit(phase(fds=224, fd_kind="eventfd"))
    assert nofile == [(64, 256)], "checking changes nothing"


def test_select_ends_at_fd_setsize(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (4096, 4096))
    limits.check_fd_limit(phase(model="select", fds=496))
    with pytest.raises(UsageError, match="at most 496 of kind unix"):
        limits.check_fd_limit(phase(model="select", fds=497))
    limits.check_fd_limit(phase(fds=497))
