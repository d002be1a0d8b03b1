"""The lectures of a course on waiting for I/O. Each claim names its lecture."""

from __future__ import annotations

from typing import Final

from analysis.verdicts.lecture import Lecture
from tracer.shared.message import message

BLOCKING: Final = Lecture("blocking", message("Blocking and non-blocking"))
MUX: Final = Lecture("mux", message("select and poll"))
REGISTER: Final = Lecture("register", message("epoll: registering"))
WAIT: Final = Lecture("wait", message("epoll: waiting and waking"))
COST: Final = Lecture("cost", message("Cost and limits"))
BEYOND: Final = Lecture("beyond", message("Beyond: modes, herds, AIO and io_uring"))

LECTURES: Final = (BLOCKING, MUX, REGISTER, WAIT, COST, BEYOND)
"""In the order in which they are given."""
