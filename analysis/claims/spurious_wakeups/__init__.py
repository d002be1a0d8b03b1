"""Claims: spurious wakeups."""
