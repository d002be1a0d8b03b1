"""Whether a trace agrees with itself: counters, steps, the ledger of entries, owners, truth."""
