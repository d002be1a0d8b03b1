"""What tracing costs; run by ``scripts/bench``, which writes ``docs/bench.md``."""
