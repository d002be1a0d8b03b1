"""What a recording of any program says is wrong with its event loop, and what to change."""
