"""tracer for Python: what the functions of the package itself give back."""
