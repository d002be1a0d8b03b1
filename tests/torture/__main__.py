"""``scripts/torture [--quick] [-n N] [--add] [--seed S] [ITEM ...]``."""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import time
import traceback

from tests.torture.figures import Figures
from tests.torture.items import IN_GUEST, ITEMS, Item
from tests.torture.table import PAGE, figures_on, row, update


def main(arguments: list[str]) -> int:
    """Run items, print their rows, and write the page; 1 if any harm was found."""
    args = _parser().parse_args(arguments)
    names = args.items or [
        name for name, item in ITEMS.items() if not (args.quick and item.TITLE in IN_GUEST)
    ]
    harmed = False
    for name in names:
        item, seed = ITEMS[name], args.seed or secrets.randbits(32)
        count = args.number or (item.QUICK if args.quick else item.LONG)
        print(f"{name}: {count} tries, seed {seed}", flush=True)
        began = time.monotonic()
        figures = _run(item, count, seed)
        print(row(name, item.TITLE, figures))
        print("".join(f"  {text}\n" for text in figures.examples), end="")
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
        if not args.quick and figures.tried:
            earlier = figures_on(name) if args.add else None
            if earlier and earlier.kernel == figures.kernel:
                figures = figures.plus(earlier)
            update(name, item.TITLE, figures, list(ITEMS))
        harmed |= figures.harm > 0
    if not args.quick:
        print(f"written: {PAGE}")
    return int(harmed)


def _run(item: Item, count: int, seed: int) -> Figures:
    try:
        return item.run(count, random.Random(seed))  # noqa: S311 - the same again is the point
    except Exception:
        traceback.print_exc()
        figures = Figures()
        figures.found("tracebacks", f"the campaign itself: {traceback.format_exc()[-300:]}")
        return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few cases each; writes no page")
    parser.add_argument("-n", dest="number", type=int, metavar="N", help="so many cases")
    parser.add_argument("--add", action="store_true", help="to the page's tries of this kernel")
    parser.add_argument("--seed", type=int, metavar="S", help="the same cases again")
    parser.add_argument(
        "items", nargs="*", metavar="ITEM", choices=[*ITEMS, []], help=str([*ITEMS])
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
