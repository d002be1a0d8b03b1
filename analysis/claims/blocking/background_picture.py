"""When a program asked, and when its data came."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.blocking.writer import writes_of
from analysis.frames import Trace
from analysis.pictures.kinds import kind_colour, kind_shape, kinds_in, translated
from analysis.pictures.marks import choosing, number, word
from analysis.pictures.picture import Picture
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.pick import calls_of, phases_of
from tracer.shared.clock import NS_PER_MS
from tracer.shared.message import localized, message

VAIN: Final = message("read that finds nothing")
WRITE: Final = message("write by another process")
HAD: Final = message("read that gets the data")
KINDS: Final = (VAIN, WRITE, HAD)


def _around_writes(trace: Trace) -> pd.DataFrame:
    """Return message ("tcp 1"), kind (of KINDS), ms from the start of the message's write."""
    phases = phases_of(trace, "nonblocking", waker="while-asleep")
    return pd.concat([_of_phase(trace, phase) for phase in phases], ignore_index=True)


def _of_phase(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    reads = calls_of(trace, [phase], "read").sort_values("enter_ns")
    got = (reads["ret"] > 0).astype("int64")
    messages, writes = int(got.sum()), writes_of(trace, phase)
    if not messages or len(writes) != messages:
        raise Undecided(f"{len(writes)} writes and {messages} messages in phase {phase.name}")
    reads = reads.assign(number=got.cumsum() - got)
    reads = reads[reads["number"] < messages]
    start_ns = reads["number"].map(dict(enumerate(writes["enter_ns"])))
    parts = pd.concat(
        [
            pd.DataFrame(
                {
                    "number": reads["number"],
                    "kind": [HAD if ret > 0 else VAIN for ret in reads["ret"]],
                    "ms": (reads["enter_ns"] - start_ns) / NS_PER_MS,
                }
            ),
            pd.DataFrame({"number": range(len(writes)), "kind": WRITE, "ms": 0.0}),
        ]
    )
    names = parts["number"].map(lambda number: f"{phase.spec['fd_kind']} {number + 1}")
    return parts.assign(message=names)[["message", "kind", "ms"]]


def _chart(rows: pd.DataFrame) -> alt.Chart:
    rows = translated(rows, "kind")
    kinds = kinds_in(rows, KINDS)
    chart = (
        alt.Chart(rows)
        .mark_point(filled=False, size=50, strokeWidth=2)
        .encode(
            x=alt.X(
                "ms:Q",
                title=localized("ms since the write (log to both sides)"),
                scale=alt.Scale(type="symlog", constant=1),
                axis=alt.Axis(values=[-1000, -100, -30, -10, -3, -1, 0, 1, 3, 10, 30]),
            ),
            y=alt.Y("message:N", title=localized("message"), sort=None),
            color=kind_colour(kinds),
            shape=kind_shape(kinds),
            tooltip=[
                word("message", localized("message")),
                word("kind", localized("what")),
                number("ms", localized("ms since the write"), ",.3~f"),
            ],
        )
    )
    return choosing(chart, "kind").properties(height=alt.Step(18))


NONBLOCKING_BACKGROUND = Picture(
    title="When the program asked, and when its data came",
    shows="One line per message: the reads that asked for it, first in vain and then with "
    "success, around the moment when another process wrote it.",
    rows=_around_writes,
    chart=_chart,
)
