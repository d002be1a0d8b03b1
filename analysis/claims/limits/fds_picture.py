"""How many fds select and epoll accept: what was tried, and the results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.limits.fds import SAID, returned_fds
from analysis.frames import Trace
from analysis.pictures.kinds import INK, kind_colour, kinds_in, translated
from analysis.pictures.layers import layered
from analysis.pictures.marks import choosing, number, referred, word
from analysis.pictures.picture import Picture
from analysis.verdicts.pick import calls_of, phases_of, result_of
from tracer.shared.message import localized, message

LIBRARY: Final = message("Python's select (glibc's fd_set): fds it takes")
LIBRARY_ENDS: Final = message("taken by the library")
LOOKED: Final = message("polled by the kernel")
RETURNED: Final = message("largest fd returned")
WATCHED: Final = message("watched by epoll")
OTHERS: Final = message("open, not watched")
OPEN_LIMIT: Final = message("limit of open fds")
WATCHES_LIMIT: Final = message("max_user_watches")
MARKS: Final = ("diamond", "triangle-down")
STEP_PX: Final = 56


def _select(trace: Trace) -> pd.DataFrame:
    """Return attempt, kind (who took them), fds (from 0 up to, without it) and returned (fd).

    One attempt is the library's, up to the first fd it refuses (no row if it refused none); the
    others are the kernel's: the number of fds it polled, the least of a phase's calls.
    """
    (asked,) = phases_of(trace, "select-limit")
    refused = result_of(asked, "first_refused")
    rows: list[dict[str, Any]] = []
    taken = result_of(asked, "tried_up_to") if refused is None else refused
    rows.append({"attempt": LIBRARY, "kind": LIBRARY_ENDS, "fds": taken})
    for phase in phases_of(trace, "select-raw"):
        calls = calls_of(trace, [phase], "select")
        polled = calls["fd_polls"].dropna()
        if polled.empty:
            raise Undecided("no hook saw what select polled")
        attempt = message("the kernel, n {n:,}, fd {fd:,} made ready", n=int(calls["nr"].max()),
                      fd=max(phase.active))  # fmt: skip
        rows.append(
            {
                "attempt": attempt,
                "kind": LOOKED,
                "fds": int(polled.min()),
                "returned": max(returned_fds(phase), default=None),
            }
        )
    return pd.DataFrame(rows, columns=["attempt", "kind", "fds", "returned"])


def _select_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "attempt", "kind")
    base = _attempts(rows)
    bars = base.mark_bar(height=14, yOffset=10).encode(
        x=alt.X("fds:Q", title=localized("fds"), axis=alt.Axis(tickCount=5, format=",d")),
        color=kind_colour(kinds_in(rows, (LIBRARY_ENDS, LOOKED))),
        tooltip=[word("attempt", localized("tried")), word("kind", localized("what")),
                 number("fds", localized("fds"))],
    )  # fmt: skip
    label = localized("textbook: no fd from here on")
    once = alt.Chart(rows).transform_aggregate(rows="count()", groupby=["kernel"])
    said = [
        referred(once.mark_rule(stroke=INK), label).encode(x=alt.XDatum(limit)) for limit in SAID
    ]
    reached = _marks(base, {"returned": RETURNED})
    return layered(choosing(bars, "kind"), *said, reached, _names(base), height=alt.Step(STEP_PX))


def _epoll(trace: Trace) -> pd.DataFrame:
    """Return attempt, kind (watched or not) and fds, and the limits in force.

    ``limit``: the process's limit of open fds; ``watches``: max_user_watches, where it was lowered.
    """
    (phase,) = phases_of(trace, "epoll-limits")
    tried = [(row, None) for row in result_of(phase, "limits")]
    lowered = result_of(phase, "user_watches")
    if "watched" in lowered:
        tried.append((lowered, lowered["lowered_to"]))
    rows = [
        {"attempt": _refused(row), "kind": kind, "fds": row[column], "limit": row["limit"],
         "watches": watches}
        for row, watches in tried
        for kind, column in ((WATCHED, "watched"), (OTHERS, "others"))
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"watches": "float64"})


def _refused(row: Mapping[str, Any]) -> str:
    if row["refused"] == "open":
        return message("limit {limit:,}; refused: open ({why})",
                   limit=row["limit"], why=row["errno_name"])  # fmt: skip
    return message("limit {limit:,}; refused: EPOLL_CTL_ADD ({why})",
               limit=row["limit"], why=row["errno_name"])  # fmt: skip


def _epoll_chart(rows: pd.DataFrame) -> alt.LayerChart:
    rows = translated(rows, "attempt", "kind")
    base = _attempts(rows)
    kinds = kinds_in(rows, (WATCHED, OTHERS))
    rows["order"] = [kinds.index(kind) for kind in rows["kind"]]
    bars = base.mark_bar(height=14, yOffset=10).encode(
        x=alt.X("fds:Q", title=localized("fds"), axis=alt.Axis(tickCount=5, format=",d")),
        color=kind_colour(kinds),
        order=alt.Order("order:Q"),
        tooltip=[word("attempt", localized("tried")), word("kind", localized("what")),
                 number("fds", localized("fds"))],
    )  # fmt: skip
    limits = _marks(base, {"limit": OPEN_LIMIT, "watches": WATCHES_LIMIT})
    return layered(choosing(bars, "kind"), limits, _names(base), height=alt.Step(STEP_PX))


def _attempts(rows: pd.DataFrame) -> alt.Chart:
    return alt.Chart(rows).encode(y=alt.Y("attempt:N", title=None, sort=None, axis=None))


def _names(base: alt.Chart) -> alt.Chart:
    """Return labels of what was tried, above their bars: so the bars keep their width."""
    return (
        base.transform_aggregate(rows="count()", groupby=["kernel", "attempt"])
        .mark_text(align="left", color=INK, dy=-10, fontSize=12)
        .encode(x=alt.value(0), text=alt.Text("attempt:N"))
    )


def _marks(base: alt.Chart, columns: Mapping[str, str]) -> alt.Chart:
    """Return marks on the bars at the values of ``columns``, with these texts as labels."""
    labels = {column: localized(text) for column, text in columns.items()}
    shapes = list(MARKS[: len(labels)])
    return (
        base.transform_fold(list(labels), as_=["column", "at"])
        .transform_filter("isValid(datum.at)")
        .transform_calculate(mark=f"{json.dumps(labels)}[datum.column]")
        .mark_point(filled=True, size=110, color=INK, yOffset=10)
        .encode(
            x=alt.X("at:Q"),
            shape=alt.Shape(
                "mark:N",
                title=None,
                scale=alt.Scale(domain=list(labels.values()), range=shapes),
                legend=alt.Legend(symbolFillColor=INK, symbolStrokeColor=INK),
            ),
            tooltip=[word("mark", localized("what")), number("at", localized("fds"))],
        )
    )


SELECT_LIMIT = Picture(
    title="Which fds select takes: the library, and the kernel without it",
    shows="Bars are what the library takes and what the kernel polled; a mark is the largest "
    "fd that the kernel returned as ready.",
    rows=_select,
    chart=_select_chart,
)
EPOLL_LIMIT = Picture(
    title="How many fds epoll watched when the next one was refused",
    shows="A bar for each limit of open fds, and what was refused in the end. The limits that "
    "stood meanwhile are marks.",
    rows=_epoll,
    chart=_epoll_chart,
)
