"""How many files a machine can have open, against its memory."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from analysis.claims.limits.file_max import SAID, machine_of
from analysis.frames import Trace
from analysis.pictures.kinds import INK
from analysis.pictures.layers import layered
from analysis.pictures.marks import number, referred
from analysis.pictures.picture import Picture
from tracer.shared.message import localized, message

COLOUR: Final = "var(--model-1)"


def _machines(*boots: Trace) -> pd.DataFrame:
    """Return memory_gib, files (fs.file-max) of each boot, and said: those of the text."""
    machines = sorted(machine_of(trace) for trace in boots)
    return pd.DataFrame(
        {
            "memory_gib": [each.memory_gib for each in machines],
            "files": [each.file_max for each in machines],
            "said": [each.memory_gib * SAID for each in machines],
            "files_per_gib": [each.files_per_gib for each in machines],
        }
    )


def _chart(rows: pd.DataFrame) -> alt.LayerChart:
    x = alt.X("memory_gib:Q", title=localized("memory, GiB"), scale=alt.Scale(domainMin=0),
              axis=alt.Axis(tickCount=4))  # fmt: skip
    label = localized(message("textbook: {files:,} per GiB", files=SAID))
    base = alt.Chart(rows).encode(x=x)
    said = referred(base.mark_line(stroke=INK), label).encode(
        y=alt.Y("said:Q", title=localized("files that can be open"), axis=alt.Axis(format="~s"))
    )
    points = base.mark_point(size=120, strokeWidth=2, color=COLOUR).encode(
        y=alt.Y("files:Q"),
        tooltip=[
            number("memory_gib", localized("memory, GiB"), ".2f"),
            number("files", localized("fs.file-max")),
            number("files_per_gib", localized("files per GiB"), ",.0f"),
        ],
    )
    return layered(said, points, height=260)


FILE_MAX = Picture(
    title="Files that can be open (fs.file-max), against memory",
    shows="Each point is a machine of another size; the dashed line is what the text says.",
    rows=_machines,
    chart=_chart,
)
