"""The cases of the claims on blocking and non-blocking requests."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.fits_words import Fits, between, found
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

HALF_DELAY = "of them took less than half of the writer's delay, and did not sleep"


FITS: Mapping[str, Mapping[str, Fits]] = {
    "blocking-waits": {
        "A blocking read sleeps": lambda n: (
            n["reads that waited"] == n["reads"] == n["messages"]
            and n["off the CPU, median"] > n["on the CPU, median"]
        ),
        "A blocking read does not always": lambda n: 0 < n["reads that waited"] < n["reads"],
        "A blocking read does not sleep": lambda n: n["reads that waited"] == 0,
    },
    "nonblocking-returns": {
        "A non-blocking read of an empty fd returns": lambda n: (
            n["of them waited for data"] == 0
            and n[HALF_DELAY] >= 0.9 * n["reads that found nothing"]
        ),
        "Not every": lambda n: between(n, "of them waited for data", "reads that found nothing"),
        "A non-blocking read of an empty fd does": lambda n: (
            found(n, "that slept", "of them waited for data")
            == found(n, "reads", "reads that found nothing")
        ),
    },
    "nonblocking-background": {
        "Data is written": lambda n: (
            n["written while no read was under way"] == n["messages"]
            and n["of all, received by the first read afterwards"] == n["messages"]
            and n["of all, with a read that waited"] == 0
        ),
        "Data does not always": lambda n: (
            between(n, "of all, with a read that waited", "messages")
            or between(n, "written while no read was under way", "messages")
            or between(n, "of all, received by the first read afterwards", "messages")
        ),
        "Data comes only": lambda n: (
            n["of all, with a read that waited"] == n["messages"]
            or n["written while no read was under way"] == 0
            or n["of all, received by the first read afterwards"] == 0
        ),
    },
    "nonblocking-repolls": {
        "Until its data": lambda n: (
            n["messages asked for more than once"] == n["messages"]
            and n["messages whose last request waited for them"] == 0
            and n["requests per message"] > 1
        ),
        "Some messages": lambda n: (
            between(n, "messages asked for more than once", "messages")
            or between(n, "messages whose last request waited for them", "messages")
        ),
        "Each message": lambda n: (
            n["messages asked for more than once"] == 0
            or n["messages whose last request waited for them"] == n["messages"]
        ),
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
