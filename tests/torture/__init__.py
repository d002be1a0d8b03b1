"""The reliability campaign: what may happen to a recorder and a trace, again and again.

Each module except the helpers is one item: ``TITLE``, ``QUICK`` and ``LONG`` (how often), ``LIVE``
(whether it loads programs) and ``run(count, rng)``, which returns `tests.torture.figures.Figures`.
``scripts/torture`` runs them and writes ``docs/reliability.md``.
"""
