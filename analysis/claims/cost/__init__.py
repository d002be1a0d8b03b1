"""Claims: what calls and events cost."""
