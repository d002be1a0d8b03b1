"""The page of ``tracer explain``: the timeline of one call, and nothing else."""

from __future__ import annotations

from analysis.page.document import document
from analysis.page.timeline_html import timeline_html
from analysis.terminal.tables import harmless
from analysis.timeline import Timeline


def timeline_page(timeline: Timeline) -> str:
    """Return the page of ``timeline`` as one HTML file that needs nothing else."""
    return document(
        "timeline_page.html.j2",
        charts=False,
        title=timeline.title,
        name=harmless(timeline.trace),
        timeline=timeline_html(timeline),
    )
