"""The cases of the claims on select and poll."""

from __future__ import annotations

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.handmade import MS
from tests.analysis.making import (
    UNDECIDED,
    Cases,
    both,
    made,
    select_raw,
    sweep,
)

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
        made(both(ready=41, asleep=True, passes=21, sleep_calls=20)),
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
    REFUTED: [
        made(*sweep(fd_polls=lambda _n, _k: 1)),
        made(*sweep(fd_polls=lambda _n, _k: 0, passes=lambda _n, _k: 0)),
    ],
    UNDECIDED: [
        made(*sweep(numbers=(41,))),
        made(both(n=11, ready=1), both(n=101, ready=1)),
    ],
}
MUX_QUEUES_EACH_CALL: Cases = {
    CORRECTED: [
        made(*sweep(), both(ready=41, asleep=True), both(timeout_ns=0)),
        made(*sweep(), both(ready=7, insertions=23)),
    ],
    SUPPORTED: [made(*sweep(insertions=lambda n, _k: n))],
    REFUTED: [
        made(*sweep(insertions=lambda _n, _k: 0)),
        made(*sweep(insertions=lambda n, _k: n // 2)),
    ],
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

CASES: dict[str, Cases] = {
    "mux-one-call": MUX_ONE_CALL,
    "mux-continuous-scan": MUX_CONTINUOUS_SCAN,
    "mux-linear-scan": MUX_LINEAR_SCAN,
    "mux-queues-each-call": MUX_QUEUES_EACH_CALL,
    "mux-copies-each-call": MUX_COPIES_EACH_CALL,
}
