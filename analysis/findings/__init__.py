"""What a recording of any program shows to be wrong with its event loop, and what to change."""
