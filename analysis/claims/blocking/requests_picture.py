"""Blocking and non-blocking reads: how long they take, and how often a program has to ask."""

from __future__ import annotations

import math
from errno import EAGAIN
from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.blocking.requests import requests_per_message
from analysis.frames import Trace
from analysis.pictures.kinds import INK, kind_colour, kind_shape, kinds_in, translated
from analysis.pictures.layers import layered
from analysis.pictures.marks import ASIDE, choosing, number, referred, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from analysis.verdicts.pick import calls_of, phases_of
from tracer.shared.clock import NS_PER_MS, NS_PER_US
from tracer.shared.message import localized, message

BINS_PER_DECADE: Final = 10
OFF: Final = message("off the CPU")
ON: Final = message("on the CPU")
EMPTY: Final = message("non-blocking: no data")
FULL: Final = message("non-blocking: data there")
BLOCKING: Final = message("blocking")
NOTHING: Final = message("found nothing")
DATA: Final = message("got the data")


def _time_of_reads(trace: Trace) -> pd.DataFrame:
    """Return for each blocking read its kind of fd, its ``call`` number there, and two parts.

    Columns: fd_kind, call, part, ms, delay_ms (of the writer).
    """
    reads = calls_of(trace, phases_of(trace, "blocking", waker="while-asleep"), "read")
    reads = reads.assign(call=reads.groupby("fd_kind").cumcount() + 1)
    parts = [
        pd.DataFrame(
            {
                "fd_kind": reads["fd_kind"],
                "call": reads["call"],
                "part": part,
                "ms": reads[column].astype("Float64") / NS_PER_MS,
                "delay_ms": reads["delay_ns"] / NS_PER_MS,
            }
        )
        for part, column in ((OFF, "off_cpu_ns"), (ON, "kernel_ns"))
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset="ms").astype({"ms": "float64"})


def _time_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows.assign(place=(rows["part"] == ON).astype("int64")), "part")
    base = alt.Chart(rows).encode(y=alt.Y("fd_kind:N", title=localized("kind of fd")))
    colour = kind_colour(kinds_in(rows, (OFF, ON), "part"), column="part")
    # Medians, since a guest may stall; Vega-Lite itself cannot stack medians.
    bars = (
        base.transform_aggregate(
            median="median(ms)", reads="count()", groupby=["kernel", "fd_kind", "part", "place"]
        )
        .mark_bar(height=20)
        .encode(
            x=alt.X("median:Q", title=localized("ms per read (median)"), stack="zero",
                    axis=alt.Axis(tickCount=5)),
            color=colour,
            order=alt.Order("place:Q"),
            tooltip=[
                word("fd_kind", localized("kind of fd")),
                word("part", localized("part")),
                number("median", localized("ms per read (median)"), ",.3~g"),
                number("reads", localized("reads")),
            ],
        )
    )  # fmt: skip
    each = (
        base.transform_aggregate(whole="sum(ms)", groupby=["kernel", "fd_kind", "call"])
        .mark_tick(color=INK, height=30, thickness=1.5)
        .encode(
            x=alt.X("whole:Q"),
            tooltip=[
                word("fd_kind", localized("kind of fd")),
                number("call", localized("read number")),
                number("whole", localized("ms of this read"), ",.3~g"),
            ],
        )
    )
    due = alt.Chart(rows).transform_aggregate(delay_ms="mean(delay_ms)", groupby=["kernel"])
    writer = referred(due.mark_rule(stroke=INK), localized("the writer writes, at the earliest"))
    return layered(bars, writer.encode(x=alt.X("delay_ms:Q")), each, height=alt.Step(40))


def _lengths(trace: Trace) -> pd.DataFrame:
    """Return how long reads lasted: what, model, us (middle of a tenth of a decade), reads."""
    reads = calls_of(trace, phases_of(trace, "nonblocking"), "read")
    parts = [
        _binned(reads[reads["ret"] == -EAGAIN], EMPTY, "nonblocking"),
        _binned(reads[reads["ret"] > 0], FULL, "nonblocking"),
    ]
    try:
        blocking = calls_of(trace, phases_of(trace, "blocking"), "read")
        parts.append(_binned(blocking, BLOCKING, "blocking"))
    except Undecided:
        pass
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _binned(reads: pd.DataFrame, what: str, model: str) -> pd.DataFrame:
    us = (reads["wall_ns"].astype("float64") / NS_PER_US).clip(lower=1 / NS_PER_US)
    tenths = us.map(math.log10).mul(BINS_PER_DECADE).round()
    counts = (10 ** (tenths / BINS_PER_DECADE)).round(3).value_counts().sort_index()
    rows = pd.DataFrame({"us": counts.index, "reads": counts.to_numpy()})
    return rows.assign(what=what, model=model)


def _lengths_chart(rows: pd.DataFrame) -> alt.Chart:
    rows = translated(rows, "what")
    labels = alt.Axis(labelExpr="split(datum.label, ': ')", labelLimit=130)
    order = kinds_in(rows, (EMPTY, FULL, BLOCKING), "what")
    models = sorted(rows["model"].unique())
    chart = (
        alt.Chart(rows)
        .mark_point(filled=True)
        .encode(
            x=alt.X(
                "us:Q",
                title=localized("time of one read, µs (log)"),
                scale=alt.Scale(type="log"),
                axis=alt.Axis(values=[10.0**power for power in range(-1, 8)], format="~s"),
            ),
            y=alt.Y("what:N", title=localized("kind of read"), sort=order, axis=labels),
            size=alt.Size("reads:Q", title=localized("reads"),
                          scale=alt.Scale(type="sqrt", range=[30, 600]),
                          legend=alt.Legend(orient=ASIDE, values=[1, 10, 100],
                                            symbolFillColor=INK)),
            color=model_colour(models),
            shape=model_shape(models),
            tooltip=[
                word("what", localized("read")),
                number("us", localized("about µs"), ",.3~g"),
                number("reads", localized("reads")),
            ],
        )
    )  # fmt: skip
    return choosing(chart).properties(height=alt.Step(56))


def _requests(trace: Trace) -> pd.DataFrame:
    """Return what the k-th request for a message found: model, request, outcome, messages."""
    phases = [p for p in phases_of(trace, "nonblocking") if p.spec["waker"] != "none"]
    parts = [_by_request(calls_of(trace, phases, "read"), "nonblocking")]
    try:
        blocking = calls_of(trace, phases_of(trace, "blocking"), "read")
        parts.append(_by_request(blocking, "blocking"))
    except Undecided:
        pass
    return pd.concat(parts, ignore_index=True)


def _by_request(reads: pd.DataFrame, model: str) -> pd.DataFrame:
    requests = requests_per_message(reads)
    if requests.empty:
        raise Undecided(f"no {model} read got a message")
    counts = [
        (model, request, outcome, int(messages))
        for request in range(1, int(requests.max()) + 1)
        for outcome, messages in ((NOTHING, (requests > request).sum()),
                                  (DATA, (requests == request).sum()))
        if messages
    ]  # fmt: skip
    return pd.DataFrame(counts, columns=["model", "request", "outcome", "messages"])


def _requests_chart(rows: pd.DataFrame) -> alt.Chart:
    rows = translated(rows, "outcome")
    outcomes = kinds_in(rows, (NOTHING, DATA), "outcome")
    chart = (
        alt.Chart(rows)
        .mark_point(filled=True, size=160)
        .encode(
            x=alt.X("request:Q", title=localized("number of the request"),
                    scale=alt.Scale(domainMin=0), axis=alt.Axis(tickMinStep=1, tickCount=6)),
            y=alt.Y("model:N", title=localized("model")),
            color=kind_colour(outcomes, column="outcome"),
            shape=kind_shape(outcomes, column="outcome"),
            tooltip=[
                word("model", localized("model")),
                number("request", localized("number of the request")),
                word("outcome", localized("the request")),
                number("messages", localized("messages")),
            ],
        )
    )  # fmt: skip
    return choosing(chart, "outcome").properties(height=alt.Step(60))


BLOCKING_WAITS = Picture(
    title="Where the time of a blocking read goes",
    shows="Bars are medians of the reads of one kind of fd, thin marks are single reads. The "
    "writer writes at the dashed line or later.",
    rows=_time_of_reads,
    chart=_time_chart,
)
NONBLOCKING_RETURNS = Picture(
    title="How long one read takes, with and without waiting",
    shows="The larger a mark, the more reads took that long. The scale is logarithmic: a step from "
    "one line to the next is ten times the time or more.",
    rows=_lengths,
    chart=_lengths_chart,
)
NONBLOCKING_REPOLLS = Picture(
    title="Requests until a message is received",
    shows="Each mark is the first, second and so on request for a message, by what it found.",
    rows=_requests,
    chart=_requests_chart,
)
