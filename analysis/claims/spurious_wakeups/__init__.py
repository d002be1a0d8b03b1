"""Claims: calls that wake up for nothing."""
