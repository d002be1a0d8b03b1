"""How claims are decided, and how verdicts are reported."""
