"""Claims: select and poll."""
