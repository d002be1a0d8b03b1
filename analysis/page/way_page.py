"""The page of ``tracer explain``: the way of one event, and nothing else."""

from __future__ import annotations

from analysis.page.document import document
from analysis.page.way_html import way_html
from analysis.tables import harmless
from analysis.way import Way


def way_page(way: Way) -> str:
    """Return the page of ``way`` as one HTML file that needs nothing else."""
    return document(
        "way_page.html.j2",
        charts=False,
        title=way.title,
        name=harmless(way.trace),
        way=way_html(way),
    )
