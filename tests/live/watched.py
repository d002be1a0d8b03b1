"""What two instruments watch: every way to wait, waiter and waker in one process.

``python3 watched.py PID GO`` writes its pid to the file PID, then waits for a word in GO.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
import time
from pathlib import Path

FDS, SIXTH, ROUNDS = 40, 5, 23


def main(pid: Path, go: Path) -> None:
    """Wait to be let go, then wait for sockets in every way."""
    pid.write_text(f"{os.getpid()}\n")
    go.read_text()
    pairs = [socket.socketpair() for _ in range(FDS)]
    readers = [reader for reader, _ in pairs]
    poll, epoll = select.poll(), select.epoll()
    for reader in readers:
        poll.register(reader, select.POLLIN)
        epoll.register(reader, select.EPOLLIN)
    waits = (lambda: select.select(readers, [], []), poll.poll, epoll.poll)
    for wait in waits:
        for _ in range(ROUNDS):
            pairs[SIXTH][1].send(b"x")
            wait()
            readers[SIXTH].recv(1)
    for wait in waits:
        waker = threading.Thread(target=_wake, args=(pairs[SIXTH][1],))
        waker.start()
        wait()
        waker.join()
        readers[SIXTH].recv(1)
    poll.poll(0)
    poll.poll(1)
    epoll.close()


def _wake(writer: socket.socket) -> None:
    time.sleep(0.2)
    writer.send(b"x")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
