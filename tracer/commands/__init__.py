"""The subcommands of ``tracer``: each parses its options, calls the work, prints the result."""
