"""Runs an item inside a guest, and takes its figures from there.

``python3 tests/torture/guest.py MODULE COUNT SEED FILE``, with the standard library only.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.torture.figures import Figures
from tracer.guest.outside import GUEST_PYTHON
from tracer.lab.boot import boot
from tracer.lab.kernels import fetch
from tracer.lab.releases import DEFAULT
from tracer.shared.output import to_stderr

DEADLINE_S = 6 * 3600.0


def run_in_guest(module: str, count: int, rng: random.Random) -> Figures:
    """Boot the default kernel, run ``count`` cases of ``tests.torture.MODULE`` in it."""
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        share = Path(name)
        command = [*GUEST_PYTHON, __file__, module, str(count), str(rng.random()), name]
        result = boot(
            fetch(DEFAULT), command, share=share, progress=to_stderr, deadline_s=DEADLINE_S
        )
        if result.exit_code:
            raise RuntimeError(result.stderr.decode(errors="replace"))
        return Figures(**json.loads((share / "figures.json").read_text()))


def main(module: str, count: str, seed: str, share: str) -> None:
    """Run an item here, and leave its figures in the directory ``share``."""
    item = importlib.import_module(f"tests.torture.{module}")
    figures: Figures = item.run(int(count), random.Random(seed))  # noqa: S311 - no secrets here
    (Path(share) / "figures.json").write_text(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main(*sys.argv[1:])
