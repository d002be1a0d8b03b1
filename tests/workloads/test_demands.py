"""What a workload cannot run is refused with a helpful error."""

from __future__ import annotations

import pytest

from tracer.shared.errors import UsageError
from tracer.workloads import spec


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"model": "poll", "waker": "none"}, "no timeout: it would never end; set timeout_ms"),
        ({"model": "blocking", "waker": "none"}, "use while-asleep"),
        (
            {"model": "poll", "waker": "while-asleep", "timeout_ms": 20},
            "raise timeout_ms above delay_ms",
        ),
        ({"model": "poll", "waker": "while-asleep", "drain": False}, "set drain true"),
        ({"model": "epoll-memory", "fds": 3}, "epoll-memory has 3 fds; needed 7"),
        ({"model": "poll-spurious", "fds": 1}, "poll-spurious has 1 fd; needed 2 or more"),
        ({"model": "epoll-oneshot", "fds": 1}, "epoll-oneshot has 1 fd; needed 2 or more"),
        ({"model": "sigio", "fd_kind": "eventfd"}, "an eventfd sends no signal"),
        ({"model": "io-uring", "waker": "none"}, "io-uring would wait forever; use before"),
        ({"model": "epoll-herd", "trigger": "oneshot"}, "epoll-herd has no trigger oneshot"),
        (
            {"model": "epoll-shared-herd", "trigger": "exclusive"},
            "epoll-shared-herd has no trigger exclusive",
        ),
        ({"model": "server", "fd_kind": "unix"}, "has connections of kind tcp, not unix"),
        ({"model": "server", "waker": "none"}, "has no client that sends requests"),
        ({"model": "server", "io": "nonblocking", "waker": "while-asleep"}, "never sleeps"),
    ],
)
def test_demand(entry, words):
    with pytest.raises(UsageError) as caught:
        spec.parse([entry])
    assert words in str(caught.value)
