"""The timeline of one call: who did what, where its entries were queued, who ended its sleep."""

from analysis.timeline.choice import Wanted
from analysis.timeline.timeline import Timeline, gap_ns, timeline_of, timeline_of_calls

__all__ = ["Timeline", "Wanted", "gap_ns", "timeline_of", "timeline_of_calls"]
