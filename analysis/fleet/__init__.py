"""Many traces at once: partial results of traces, which combine to the report of a fleet."""
