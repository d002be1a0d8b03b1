"""Claims: how many fds there can be."""
