"""Echo servers of the standard library: ``echo.py select|asyncio PORT``."""

from __future__ import annotations

import asyncio
import select
import signal
import socket
import sys


def by_select(port: int) -> None:
    """Serve every connection from one select."""
    listener = socket.create_server(("127.0.0.1", port))
    open_now = [listener]
    while True:
        for ready in select.select(open_now, [], [])[0]:
            if ready is listener:
                open_now.append(listener.accept()[0])
            elif data := ready.recv(4096):
                ready.sendall(data)
            else:
                ready.close()
                open_now.remove(ready)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()


async def by_asyncio(port: int) -> None:
    """Serve with asyncio's own loop."""
    server = await asyncio.start_server(_echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.argv[1] == "select":
        by_select(int(sys.argv[2]))
    else:
        asyncio.run(by_asyncio(int(sys.argv[2])))
