"""Claims: blocking and non-blocking requests."""
