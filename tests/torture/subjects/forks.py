"""COUNT children, one after the other; each writes zero bytes three times and ends."""

from __future__ import annotations

import os
import sys

WRITES = 3

if __name__ == "__main__":
    nowhere = os.open("/dev/null", os.O_WRONLY)
    for _ in range(int(sys.argv[1])):
        child = os.fork()
        if child == 0:
            for _ in range(WRITES):
                os.write(nowhere, b"")
            os._exit(0)
        os.waitpid(child, 0)
