"""Records one command: starts it, drains the rings, writes the trace."""
