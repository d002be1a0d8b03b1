"""Many traces at once: partial results of traces that combine to the report of a fleet."""
