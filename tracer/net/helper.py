"""The process that makes links: ``python3 -S -E -B helper.py FD``, FD a socket to the workload.

A request is a JSON object, and so is its answer: what was done, or ``error``. There is one link at
a time; the next one, or the end of the workload, drops the previous one.
"""

from __future__ import annotations

import errno
import json
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tracer.net import library, plumbing
from tracer.net.addresses import MESSAGE_BYTES


def serve(to_workload: socket.socket) -> None:
    """Answer requests until the workload closes its end, or is gone."""
    routing: Any = None
    ends: tuple[plumbing.End, ...] = ()
    with ExitStack() as stack:
        while text := to_workload.recv(MESSAGE_BYTES):
            request = json.loads(text)
            fds: list[int] = []
            try:
                routing = routing or library.load()
                if request["do"] == "join":
                    stack.close()
                    ends = stack.enter_context(plumbing.joined(routing))
                    fds = [end.namespace for end in ends]
                else:
                    _shape(ends, request)
                answer: dict[str, Any] = {"queueing": [plumbing.queueing(end) for end in ends]}
            except Exception as error:  # pyroute2's errors share no base; the workload tells it
                answer = {"error": _words(error), "step": request["do"]}
                fds = []
            socket.send_fds(to_workload, [json.dumps(answer).encode()], fds)


def _words(error: Exception) -> str:
    plain = isinstance(error, (OSError, ImportError, LookupError))
    return str(error) if plain else f"{type(error).__name__}: {error}"


def _shape(ends: tuple[plumbing.End, ...], request: dict[str, Any]) -> None:
    try:
        for end in ends:
            plumbing.shape(end, request["delay_ms"], request["jitter_ms"], request["loss_percent"])
    except Exception as error:
        if getattr(error, "code", None) == errno.ENOENT:
            raise LookupError("this kernel has no netem (module sch_netem)") from error
        raise


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as workload:
        serve(workload)
