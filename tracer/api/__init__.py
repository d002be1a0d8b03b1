"""tracer for Python: the objects that the package's functions return."""
