"""Pictures that make sense for any trace: time, polls, steps, when calls were made."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.checks.digest import digest_of
from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.metrics import summary
from analysis.pictures.kinds import kind_colour, kind_shape, kinds_in, translated
from analysis.pictures.marks import number, word
from analysis.pictures.picture import Picture
from analysis.pictures.style import model_colour, model_shape
from analysis.recorded import phase_names
from analysis.terminal.tables import harmless
from analysis.windows.recording import Recorded
from tracer.shared.clock import NS_PER_MS, NS_PER_US
from tracer.shared.message import localized, message

MOST_LABELS: Final = 40
"""How many phases and families a picture names; the tables have all."""
DECADES: Final = [10.0**power for power in range(-2, 10)]
BINS: Final = 100
"""Number of stretches that a recording's time is cut into."""
MODEL_OF: Final = {"select": "select", "poll": "poll", "epoll_wait": "epoll"}

IN_KERNEL: Final = message("in the kernel, on the CPU")
OFF_CPU: Final = message("asleep or waiting for a CPU")

COUNTED: Final = {
    "fd_polls": message("fds polled"),
    "insertions": message("entries queued"),
    "notified": message("callbacks run on its entries"),
    "sleeps": message("sleeps"),
}
"""What one picture shows side by side, by column of the calls."""


def _time(trace: Recorded) -> pd.DataFrame:
    """Return place (in the tables), label (family and phase), kind, us (mean, µs), calls."""
    found = _labelled(trace)
    if len(found) > MOST_LABELS:
        found = found.nlargest(MOST_LABELS, "calls", keep="all").head(MOST_LABELS).sort_index()
    parts = [
        found.assign(kind=kind, us=found[column] / NS_PER_US)
        for kind, column in ((IN_KERNEL, "kernel_ns_mean"), (OFF_CPU, "off_cpu_ns_mean"))
    ]
    rows = pd.concat(parts)[["place", "label", "kind", "us", "calls"]]
    rows = rows[rows["us"].notna() & (rows["us"] > 0)]  # zero has no place on a log scale
    return _some(rows).astype({"us": float, "calls": int})


def _labelled(trace: Recorded) -> pd.DataFrame:
    names = phase_names(trace)
    found = summary(digest_of(trace).totals)
    pairs = zip(found["phase"].tolist(), found["family"].tolist(), strict=True)
    labels = [harmless(f"{family} · {localized(names.get(phase, '?'))}") for phase, family in pairs]
    return found.assign(label=labels, place=range(len(found)))


def _time_chart(rows: pd.DataFrame) -> alt.Chart:
    worded = translated(rows, "kind")
    kinds = kinds_in(worded, (IN_KERNEL, OFF_CPU))
    return (
        alt.Chart(worded)
        .mark_point(filled=True, size=80)
        .encode(
            x=alt.X(
                "us:Q",
                title=localized("µs per call, mean (log)"),
                axis=alt.Axis(values=DECADES),
                scale=alt.Scale(type="log"),
            ),
            y=alt.Y("label:N", title=None, sort=alt.SortField("place")),
            color=kind_colour(kinds),
            shape=kind_shape(kinds),
            tooltip=[
                word("label", localized("phase and family")),
                word("kind", localized("where")),
                number("us", localized("µs per call, mean (log)"), ",.1f"),
                number("calls", localized("calls")),
            ],
        )
        .properties(height=alt.Step(20))
    )


def _fd_polls(trace: Trace) -> pd.DataFrame:
    """Return model, fds, fd_polls (fds polled by one call) and calls; truth tells epoll's fds."""
    calls = trace.calls[trace.calls["family"].isin(MODEL_OF) & ~trace.calls["unfinished"]]
    watched = {each.number: len(each.fds) for each in (trace.truth.phases if trace.truth else ())}
    watching = calls["phase"].map(watched)
    fds = calls["nr"].where(calls["family"] != "epoll_wait", watching)
    rows = pd.DataFrame({
        "model": calls["family"].map(MODEL_OF), "fds": fds, "fd_polls": calls["fd_polls"],
    }).dropna()  # fmt: skip
    return _some(
        rows.astype({"fds": int, "fd_polls": int}).value_counts().rename("calls").reset_index()
    )


def _polls_chart(rows: pd.DataFrame) -> alt.Chart:
    models = [model for model in MODEL_OF.values() if model in set(rows["model"])]
    return (
        alt.Chart(rows)
        .mark_point(size=90, strokeWidth=2)
        .encode(
            x=alt.X("fds:Q", title=localized("fds watched")),
            y=alt.Y("fd_polls:Q", title=localized("fds polled per call")),
            color=model_colour(models),
            shape=model_shape(models),
            tooltip=[
                word("model", localized("model")),
                number("fds", localized("fds watched")),
                number("fd_polls", localized("fds polled per call")),
                number("calls", localized("calls")),
            ],
        )
        .properties(height=240)
    )


def _per_call(trace: Trace) -> pd.DataFrame:
    """Return family, kind, mean (of finished calls), calls; missing columns are left out.

    Where all are zero there is nothing to draw: the table has the zeros.
    """
    calls = trace.calls[~trace.calls["unfinished"]]
    means = calls.groupby("family")[list(COUNTED)].mean()
    counts = {str(k): int(n) for k, n in calls["family"].value_counts().items()}
    rows = [
        (str(family), kind, mean, counts[str(family)])
        for column, kind in COUNTED.items()
        for family, mean in means[column].dropna().astype(float).to_dict().items()
    ]
    found = pd.DataFrame(rows, columns=["family", "kind", "mean", "calls"])
    return _some(found[:0] if (found["mean"] == 0).all() else found)


def _per_call_chart(rows: pd.DataFrame) -> alt.Chart:
    worded = translated(rows, "kind")
    kinds = kinds_in(worded, tuple(COUNTED.values()))
    return (
        alt.Chart(worded)
        .mark_point(strokeWidth=2, size=90)
        .encode(
            x=alt.X(
                "mean:Q",
                title=localized("times per call, mean"),
                axis=alt.Axis(values=[0, *DECADES[2:]]),
                scale=alt.Scale(type="symlog"),
            ),
            y=alt.Y("family:N", title=None, scale=alt.Scale(padding=0.25)),
            yOffset=alt.YOffset("kind:N", sort=kinds),
            color=kind_colour(kinds),
            shape=kind_shape(kinds),
            tooltip=[
                word("family", localized("family")),
                word("kind", localized("what")),
                number("mean", localized("times per call, mean"), ",.2f"),
                number("calls", localized("calls")),
            ],
        )
        .properties(height=alt.Step(48, **{"for": "position"}))
    )


def _when(trace: Trace) -> pd.DataFrame:
    """Return family, from_ms and to_ms (since the first call), calls that began in between."""
    calls = _some(trace.calls)
    began = calls["enter_ns"] - calls["enter_ns"].min()
    width_ns = max(1, int(began.max()) // BINS + 1)
    rows = calls.assign(bin=began // width_ns).groupby(["family", "bin"]).size().rename("calls")
    found = rows.reset_index()
    from_ms = found["bin"] * width_ns / NS_PER_MS
    return found.assign(from_ms=from_ms, to_ms=from_ms + width_ns / NS_PER_MS).drop(columns="bin")


def _when_chart(rows: pd.DataFrame) -> alt.Chart:
    return (
        alt.Chart(rows)
        .mark_bar(color="var(--model-3)")
        .encode(
            x=alt.X("from_ms:Q", title=localized("ms since the first call")),
            x2=alt.X2("to_ms:Q"),
            y=alt.Y("family:N", title=None),
            opacity=alt.Opacity(
                "calls:Q", title=localized("calls in this stretch"),
                scale=alt.Scale(type="log", range=[0.25, 1]),
            ),
            tooltip=[
                word("family", localized("family")),
                number("from_ms", localized("ms since the first call"), ",.2f"),
                number("calls", localized("calls in this stretch")),
            ],
        )
        .properties(height=alt.Step(26))
    )  # fmt: skip


def _some(rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        raise Undecided("nothing to draw")
    return rows


OF_TRACE: Final = {
    "time": Picture(
        title="Time of a call, on and off the CPU",
        shows="Mean of the finished calls of each phase and family; each step of the scale is "
        "ten times the one before.",
        rows=_time,
        chart=_time_chart,
    ),
    "fd_polls": Picture(
        title="Fds polled per call, against fds watched",
        shows="Each point is a number of calls; its height is the fds they polled.",
        rows=_fd_polls,
        chart=_polls_chart,
    ),
    "per-call": Picture(
        title="What happens in a call",
        shows="How often, as the mean over all finished calls of a family.",
        rows=_per_call,
        chart=_per_call_chart,
    ),
    "when": Picture(
        title="When calls were made",
        shows="The recording in a hundred stretches; the stronger the colour, the more calls "
        "began in that stretch.",
        rows=_when,
        chart=_when_chart,
    ),
}
"""Pictures by their name in the page."""

OF_TOTALS: Final = frozenset(("time",))
"""Pictures that need no frames of calls: traces of any length have them."""
