"""Writes zero bytes COUNT times (0: for ever), a record per call."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # its own traceback would be taken for ours
    nowhere = os.open("/dev/null", os.O_WRONLY)
    count = int(sys.argv[1])
    for number in range(count) if count else itertools.count():
        os.write(nowhere, b"")
        if not count and number % 200 == 0:
            time.sleep(0.01)  # an endless trace must still be readable
