"""Claims: several waiters for one fd."""
