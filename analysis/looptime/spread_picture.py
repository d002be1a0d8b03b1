"""Distributions as bars: one per power of two and program, its height a count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import altair as alt
import numpy as np
import pandas as pd

from analysis.findings.duration import lasting
from analysis.pictures.kinds import kind_colour
from analysis.pictures.marks import number, word
from analysis.pictures.of_trace import DECADES
from analysis.pictures.picture import Picture
from analysis.terminal.tables import harmless
from analysis.windows.distribution import Distribution
from tracer.shared.clock import NS_PER_US
from tracer.shared.message import Message, joined, localized, message

Spreads = Mapping[str, Distribution]
"""By program."""
LEAST: Final = 0.7
"""Where bars begin on a logarithmic scale, so that a bar of 1 is visible."""
HEIGHT: Final = 200


def times_picture(title: str, shows: str, axis: str, spreads: Spreads) -> Picture:
    """Return the picture of times in ns, drawn in µs; ``axis`` is the title of the time axis."""
    return Picture(
        title=title,
        shows=joined(" ", [shows, _times(spreads)]),
        rows=lambda: times_rows(spreads),
        chart=lambda rows: _times_chart(rows, axis),
        headings={
            "program": message("program"),
            "from_us": message("from, µs"),
            "to_us": message("below, µs"),
            "count": message("how many"),
        },
    )


def counts_picture(title: str, shows: str, axis: str, spreads: Spreads) -> Picture:
    """Return the picture of counts; ``axis`` says of what."""
    return Picture(
        title=title,
        shows=joined(" ", [shows, _counts(spreads)]),
        rows=lambda: counts_rows(spreads),
        chart=lambda rows: _counts_chart(rows, axis),
        headings={
            "program": message("program"),
            "from": message("from"),
            "to": message("to"),
            "count": message("how many"),
        },
    )


def times_rows(spreads: Spreads) -> pd.DataFrame:
    """Return program, from_us, to_us, count: numbers from a power of two (ns) to the next."""
    rows = [
        (_name(program), (1 << power if power else 0) / NS_PER_US, (2 << power) / NS_PER_US, count)
        for program, spread in spreads.items()
        for power, count in spread.powers.items()
    ]
    return pd.DataFrame(rows, columns=["program", "from_us", "to_us", "count"])


def counts_rows(spreads: Spreads) -> pd.DataFrame:
    """Return program, from, to, count: 0, 1, 2 to 3, 4 to 7 and so on."""
    rows = [
        (_name(program), *edges, count)
        for program, spread in spreads.items()
        for edges, count in _small(spread).items()
    ]
    return pd.DataFrame(rows, columns=["program", "from", "to", "count"])


def _small(spread: Distribution) -> dict[tuple[int, int], int]:
    """Return how many numbers are 0, 1, 2 to 3 and so on."""
    values, counts = spread.pair
    zero = int(counts[values == 0].sum())
    found = {(0, 0): zero} if zero else {}
    for power, count in spread.powers.items():
        more = count if power else count - zero
        if more:
            found[1 << power, (2 << power) - 1] = more
    return found


def _name(program: str) -> str:
    return localized(program) if isinstance(program, Message) else harmless(program)


def _times(spreads: Spreads) -> Message:
    return _each(
        spreads,
        lambda program, spread: message(
            "{program}: {count:,}, p50 {p50}, p99 {p99}, at most {most}",
            program=program,
            count=spread.count,
            p50=lasting(spread.quantile(0.5)),
            p99=lasting(spread.quantile(0.99)),
            most=lasting(spread.most),
        ),
    )


def _counts(spreads: Spreads) -> Message:
    return _each(
        spreads,
        lambda program, spread: message(
            "{program}: {count:,}, mean {mean:,.3g}, at most {most:,}",
            program=program,
            count=spread.count,
            mean=spread.mean,
            most=spread.most,
        ),
    )


def _each(spreads: Spreads, words: Callable[[str, Distribution], Message]) -> Message:
    return joined("; ", [words(program, spread) for program, spread in spreads.items()])


def _times_chart(rows: pd.DataFrame, axis: str) -> alt.Chart:
    programs = list(dict.fromkeys(rows["program"]))
    title = localized(message("{what}, µs (log)", what=axis))
    chart = _bars(rows, programs).transform_calculate(
        # Several programs side by side: each has its share of the power of two.
        first=f"max(datum.from_us, datum.to_us / 2) * pow(2, datum.turn / {len(programs)})",
        last=f"max(datum.from_us, datum.to_us / 2) * pow(2, (datum.turn + 1) / {len(programs)})",
    )
    return chart.encode(
        x=alt.X("first:Q", title=title, axis=alt.Axis(values=DECADES), scale=alt.Scale(type="log")),
        x2=alt.X2("last:Q"),
        tooltip=[
            word("program", localized("program")),
            number("from_us", localized("from, µs"), ",.4~g"),
            number("to_us", localized("below, µs"), ",.4~g"),
            number("count", localized("how many")),
        ],
    )


def _counts_chart(rows: pd.DataFrame, axis: str) -> alt.Chart:
    programs = list(dict.fromkeys(rows["program"]))
    said = [_range(first, last) for first, last in zip(rows["from"], rows["to"], strict=True)]
    order = [said[place] for place in np.argsort(rows["from"].to_numpy(), kind="stable")]
    chart = _bars(rows.assign(said=said), programs)
    return chart.encode(
        x=alt.X("said:N", title=localized(axis), sort=list(dict.fromkeys(order)),
                axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("program:N", sort=programs),
        tooltip=[
            word("program", localized("program")),
            word("said", localized(axis)),
            number("count", localized("how many")),
        ],
    )  # fmt: skip


def _range(first: int, last: int) -> str:
    if first == last:
        return f"{first:,}"
    return localized(message("{first:,} to {last:,}", first=first, last=last))


def _bars(rows: pd.DataFrame, programs: list[str]) -> alt.Chart:
    turns = [programs.index(name) for name in rows["program"]]
    chart: alt.Chart = (
        alt.Chart(rows.assign(turn=turns))
        .mark_bar()
        .encode(
            y=alt.Y(
                "count:Q",
                title=localized("how many (log)"),
                axis=alt.Axis(values=[each for each in DECADES if each >= 1]),
                scale=alt.Scale(type="log", domainMin=LEAST),
            ),
            y2=alt.Y2Datum(LEAST),
            color=kind_colour(programs, column="program"),
        )
        .properties(height=HEIGHT)
    )
    return chart
