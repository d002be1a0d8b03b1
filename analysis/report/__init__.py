"""The report of one trace, for a terminal and as JSON."""
