"""How fast this machine is just now: the CPU seconds of one fixed job of NumPy.

The speed of a shared processor varies by half from hour to hour. It is measured in a process
of its own, since a child's peak RSS begins with its parent's.
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np


def yardstick() -> float:
    """Return the CPU seconds of the job, in a process of its own."""
    command = (sys.executable, "-m", __name__)
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measured() -> float:
    """Return the CPU seconds of the job: the least of several."""
    numbers = np.random.default_rng(1).integers(0, 1 << 12, 1 << 22)
    order = np.argsort(numbers & 0xFF, kind="stable")
    taken = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(8):
            np.bincount(numbers.take(order))
        taken.append(time.process_time() - began)
    return min(taken)


if __name__ == "__main__":
    print(measured())
