"""How objects show themselves in a notebook: tables, and a timeline in its own frame.

A table takes the notebook's style. A timeline has its own, which must not leak into the notebook,
so it is a whole page in an ``iframe`` that may run no scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import escape

from analysis.checks.digest import digest_of
from analysis.frames import Trace
from analysis.metrics import summary
from analysis.page.templates import environment
from analysis.page.timeline_page import timeline_page
from analysis.recorded import circumstances, phase_names
from analysis.timeline import Timeline
from analysis.verdicts.results import KernelResult
from analysis.windows.totals import totals_of
from tracer.shared.message import localized, message

FACTS: Final = ("losses", "misses", "state", "kernel", "where", "command")
COLUMNS: Final = (
    "calls", "passes", "fd_polls", "insertions", "removals", "callbacks", "slept",
    "kernel_ns_median",
)  # fmt: skip
"""Columns of `analysis.metrics.summary` for a first look. The object has all of them."""
HEAD_PX: Final = 260
MOMENT_PX: Final = 64
MOST_PX: Final = 900
"""Greatest height of a timeline's frame; a longer timeline scrolls."""


def trace_fragment(trace: Trace) -> str:
    """Return how ``trace`` was recorded, losses first, and its sums by phase and family."""
    around = circumstances(trace, digest_of(trace).totals)
    names = phase_names(trace)
    rows = [
        (names.get(int(row["phase"]), "?"), str(row["family"]), [row[name] for name in COLUMNS])
        for row in summary(totals_of(trace.recording)).to_dict("records")
    ]
    return _filled(
        "trace_fragment.html.j2",
        name=trace.path.name,
        facts=[(name, around[name]) for name in FACTS if name in around],
        columns=COLUMNS,
        rows=rows,
    )


def verdicts_fragment(results: Sequence[KernelResult]) -> str:
    """Return a table of statements, verdicts and findings for each kernel."""
    return _filled("verdicts_fragment.html.j2", results=results)


def timeline_frame(timeline: Timeline) -> str:
    """Return a frame that shows ``timeline`` as its own page, without scripts."""
    height = min(HEAD_PX + MOMENT_PX * len(timeline.moments), MOST_PX)
    title = localized(message("The timeline of one call"))
    return (
        f'<iframe sandbox="" title="{escape(title)}" style="width:100%;height:{height}px;'
        f'border:0" srcdoc="{escape(timeline_page(timeline))}"></iframe>'
    )


def _filled(template: str, **values: object) -> str:
    return environment().get_template(template).render(**values)
