"""The cases of the claims on blocking and non-blocking requests."""

from __future__ import annotations

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.handmade import MS
from tests.analysis.making import (
    TRACEPOINTS_ONLY,
    UNDECIDED,
    Cases,
    background,
    blocking,
    made,
    nonblocking,
)

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
NONBLOCKING_BACKGROUND: Cases = {
    SUPPORTED: [
        made(background()),
        made(background(sleeps=1)),
        made(nonblocking(), background(), detached=TRACEPOINTS_ONLY),
    ],
    CORRECTED: [
        made(background(), background(**WAITED)),
        made(background(), background(held=True)),
    ],
    REFUTED: [
        made(background(**WAITED)),
        made(background(held=True)),
        made(background(late=1)),
    ],
    UNDECIDED: [
        made(background(())),
        made(background(lost=True)),
        made(background(sleeps=1), detached=TRACEPOINTS_ONLY),
        made(nonblocking()),
    ],
}

CASES: dict[str, Cases] = {
    "blocking-waits": BLOCKING_WAITS,
    "nonblocking-returns": NONBLOCKING_RETURNS,
    "nonblocking-repolls": NONBLOCKING_REPOLLS,
    "nonblocking-background": NONBLOCKING_BACKGROUND,
}
