"""COUNT threads that are alive at the same time; each writes zero bytes three times.

Prints how many there were: the machine may allow fewer.
"""

from __future__ import annotations

import os
import sys
import threading

WRITES = 3


def main(count: int) -> int:
    """Start them, release them once all exist, and return how many there were."""
    threading.stack_size(64 << 10)
    nowhere = os.open("/dev/null", os.O_WRONLY)
    go = threading.Event()

    def work() -> None:
        for _ in range(WRITES):
            os.write(nowhere, b"")
        go.wait()

    threads = [threading.Thread(target=work) for _ in range(count)]
    started = 0
    for thread in threads:
        try:
            thread.start()
        except RuntimeError:
            break
        started += 1
    go.set()
    for thread in threads[:started]:
        thread.join()
    return started


if __name__ == "__main__":
    print(main(int(sys.argv[1])), flush=True)
