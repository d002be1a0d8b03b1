"""How claims are decided, and what is told of the verdicts."""
