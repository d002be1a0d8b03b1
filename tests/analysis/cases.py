"""For every claim and every verdict it declares, the traces that give that verdict.

The first trace of each claim also serves to be spoilt: test_claims.py loses records of it,
takes its hooks away, and so on.
"""

from __future__ import annotations

from analysis.claims.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.async_cases import ASYNC_CASES
from tests.analysis.cost_cases import COST_CASES
from tests.analysis.epoll_cases import EPOLL_CASES
from tests.analysis.file_max_cases import FILE_MAX_CASES
from tests.analysis.handmade import MS
from tests.analysis.limits_cases import LIMITS_CASES
from tests.analysis.making import (
    TRACEPOINTS_ONLY,
    UNDECIDED,
    Cases,
    background,
    blocking,
    both,
    made,
    nonblocking,
    select_raw,
    sweep,
)
from tests.analysis.mode_cases import MODE_CASES

WAITED = {"sleeps": 1, "insertions": 1, "removals": 1, "off_cpu_ns": 900}

BLOCKING_WAITS: Cases = {
    SUPPORTED: [
        made(blocking(), blocking(kind="tcp")),
        made(blocking(), detached=TRACEPOINTS_ONLY),
    ],
    CORRECTED: [made(blocking(waiting=3)), made(blocking(waiting=0), blocking(kind="tcp"))],
    REFUTED: [
        made(blocking(waiting=0)),
        made(blocking(off_cpu_ns=0, sleeps=0)),
        made(blocking(off_cpu_ns=MS)),
    ],
}
NONBLOCKING_RETURNS: Cases = {
    SUPPORTED: [
        made(nonblocking()),
        made(nonblocking(slow=1, sleeps=1, off_cpu_ns=900)),
        made(nonblocking(), detached=TRACEPOINTS_ONLY),
    ],
    CORRECTED: [made(nonblocking(slow=2, **WAITED))],
    REFUTED: [
        made(nonblocking(slow=99, **WAITED)),
        made(nonblocking(slow=99, **WAITED), detached=TRACEPOINTS_ONLY),
        made(nonblocking((1, 1), last=WAITED)),
    ],
    UNDECIDED: [
        made(nonblocking((1, 1))),
        made(nonblocking(slow=1, sleeps=1), detached=TRACEPOINTS_ONLY),
    ],
}
NONBLOCKING_REPOLLS: Cases = {
    SUPPORTED: [
        made(nonblocking()),
        made(blocking(), nonblocking((2,)), detached=TRACEPOINTS_ONLY),
    ],
    CORRECTED: [made(nonblocking((8, 1)))],
    REFUTED: [made(nonblocking((1, 1)))],
    UNDECIDED: [made(nonblocking(()))],
}
MUX_ONE_CALL: Cases = {
    SUPPORTED: [made(both(ready=1, asleep=True), both(ready=41, asleep=True))],
    CORRECTED: [
        made(both(ready=41, asleep=True, sleep_calls=2)),
        made(both(ready=41, asleep=True, insertions=23)),
        made(both(ready=41, asleep=True, more=1)),
    ],
    REFUTED: [
        made(both(ready=41, asleep=True, insertions=1)),
        made(both(ready=41, asleep=True, sleep_calls=0)),
    ],
    UNDECIDED: [made(both(n=1, ready=1, asleep=True)), made(both(ready=1))],
}
MUX_CONTINUOUS_SCAN: Cases = {
    REFUTED: [made(both(ready=41, asleep=True), both(timeout_ns=50 * MS), both(timeout_ns=0))],
    SUPPORTED: [
        made(both(ready=41, asleep=True, passes=1009, off_cpu_ns=0)),
        made(both(ready=41, asleep=True, passes=1009, sleep_calls=0)),
    ],
    CORRECTED: [
        made(both(ready=41, asleep=True), both(ready=41, asleep=True, passes=3)),
        made(both(ready=41, asleep=True, off_cpu_ns=MS)),
    ],
    UNDECIDED: [made(both(ready=41), both(timeout_ns=0))],
}
MUX_LINEAR_SCAN: Cases = {
    SUPPORTED: [made(*sweep())],
    CORRECTED: [
        made(*sweep(fd_polls=lambda _n, k: k)),
        made(*sweep(fd_polls=lambda n, _k: n // 2)),
    ],
    REFUTED: [made(*sweep(fd_polls=lambda _n, _k: 1))],
    UNDECIDED: [
        made(*sweep(numbers=(41,))),
        made(both(n=11, ready=1), both(n=101, ready=1)),
    ],
}
MUX_QUEUES_EACH_CALL: Cases = {
    CORRECTED: [
        made(*sweep(), both(ready=41, asleep=True), both(timeout_ns=0)),
        made(*sweep(insertions=lambda n, _k: n // 2)),
    ],
    SUPPORTED: [made(*sweep(insertions=lambda n, _k: n))],
    REFUTED: [made(*sweep(insertions=lambda _n, _k: 0))],
    UNDECIDED: [made(both(ready=41), both(ready=41, asleep=True))],
}
MUX_COPIES_EACH_CALL: Cases = {
    SUPPORTED: [made(*sweep()), made(*sweep(), select_raw(copied_per_set=128))],
    CORRECTED: [
        made(*sweep(), both(ready=1, bytes_in=9)),
        made(*sweep(), select_raw(copied_per_set=8)),
    ],
    REFUTED: [made(*sweep(bytes_in=lambda _n, _k: 0)), made(*sweep(), both(ready=1, bytes_in=0))],
    UNDECIDED: [made(both(timeout_ns=0))],
}
NONBLOCKING_BACKGROUND: Cases = {
    SUPPORTED: [
        made(background()),
        made(background(late=1)),
        made(background(sleeps=1)),
        made(nonblocking(), background(), detached=TRACEPOINTS_ONLY),
    ],
    CORRECTED: [
        made(background(), background(**WAITED)),
        made(background(), background(held=True)),
    ],
    REFUTED: [made(background(**WAITED)), made(background(held=True))],
    UNDECIDED: [
        made(background(())),
        made(background(lost=True)),
        made(background(sleeps=1), detached=TRACEPOINTS_ONLY),
        made(nonblocking()),
    ],
}
CASES: dict[str, Cases] = (
    EPOLL_CASES
    | LIMITS_CASES
    | ASYNC_CASES
    | MODE_CASES
    | COST_CASES
    | FILE_MAX_CASES
    | {
        "blocking-waits": BLOCKING_WAITS,
        "nonblocking-returns": NONBLOCKING_RETURNS,
        "nonblocking-repolls": NONBLOCKING_REPOLLS,
        "mux-one-call": MUX_ONE_CALL,
        "mux-continuous-scan": MUX_CONTINUOUS_SCAN,
        "mux-linear-scan": MUX_LINEAR_SCAN,
        "mux-queues-each-call": MUX_QUEUES_EACH_CALL,
        "mux-copies-each-call": MUX_COPIES_EACH_CALL,
        "nonblocking-background": NONBLOCKING_BACKGROUND,
    }
)
