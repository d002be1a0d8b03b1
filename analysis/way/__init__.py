"""The way of one event: who did what in one call, where its entries hung, who ended its sleep."""

from analysis.way.way import Way, gap_ns, way_of, way_of_calls

__all__ = ["Way", "gap_ns", "way_of", "way_of_calls"]
