"""What two instruments watch: every way to wait, waiter and waker in one process."""

from __future__ import annotations

import select
import socket
import threading
import time

FDS, SIXTH, ROUNDS = 40, 5, 23


def main() -> None:
    """Wait for sockets in every way."""
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
    main()
