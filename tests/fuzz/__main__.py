"""``scripts/fuzz [N [FIRST]]``: N mutations from seed FIRST on; prints what went wrong."""

from __future__ import annotations

import sys
from collections import Counter

from tests.fuzz.campaign import run, subject

DEFAULTS = ["10000", "0"]
TOLD = 500
"""Mutations per line of progress."""


def main(arguments: list[str]) -> int:
    """Run the campaign, print its figures, and return 1 if anything went wrong."""
    count, first = map(int, (arguments + DEFAULTS[len(arguments) :])[:2])
    figures: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for number, tried in enumerate(
        run((seed, subject(seed)) for seed in range(first, first + count)), start=1
    ):
        figures[tried.fate] += 1
        figures["commands run"] += len(tried.outcomes)
        for problem in tried.problems:
            absurd = "absurd: " in problem.partition("\n")[0]
            figures["absurdities" if absurd else "tracebacks"] += 1
            place = _place(problem)
            places[place] += 1
            if places[place] == 1:
                print(f"seed {tried.seed} ({tried.trace}): {'; '.join(tried.done)}\n{problem}\n")
        if number % TOLD == 0:
            print(f"{number} of {count}: {dict(figures)}", flush=True)
    print(f"{count} mutations: {dict(figures)}; {len(places)} places")
    for place, times in places.most_common():
        print(f"  {times:5} {place}")
    return int(bool(places))


def _place(problem: str) -> str:
    """Return where a traceback ended, or the kind of an absurdity without its numbers."""
    lines = problem.strip().splitlines()
    files = [line.strip() for line in lines if line.strip().startswith("File ")]
    if not files:
        return "".join(c for c in problem[:60] if not c.isdigit())
    own = [line for line in files if "/analysis/" in line or "/tracer/" in line] or files
    return f"{own[-1].split('/')[-1]} {lines[-1][:80]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
