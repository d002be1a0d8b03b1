"""The parts of a timeline: lanes, moments, spans, arrows. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "call", "function", "fd_poll", "entry", "callback", "wakeup", "switch", "copy", "signal", "user"
]
"""What a moment is; pictures colour by it. ``user``: a user's probe."""

Bar = Literal["asleep", "entries", "others", "own queue", "ready list"]
"""What a span is: the waiter asleep, or something queued somewhere (``others``: others'
entries).
"""

Side = Literal["waiter", "queues", "waker"]
"""The three columns of the picture."""

WAITER: Final = 0
"""Number of the waiter's lane; the wakers' follow."""


@dataclass(frozen=True)
class Lane:
    """A task that ran: ``name`` as in "waker 142", ``task`` what kind of task it is."""

    name: str
    task: str


@dataclass(frozen=True)
class Moment:
    """A run of like steps, or one end of a call.

    ``after_ns`` counts from the beginning of the first call shown; ``lane`` is the number of the
    task that ran; ``kernel`` the kernel's name for it; ``count`` how many steps; ``words`` are
    ours.
    """

    after_ns: int
    lane: int
    kernel: str
    count: int
    words: str
    kind: Kind

    @property
    def side(self) -> Side:
        """The column it is in."""
        return "waiter" if self.lane == WAITER else "waker"


@dataclass(frozen=True)
class Span:
    """Something that lasted, from the moment number ``first`` to ``last``.

    None: it began before the first moment, or was not over at the last. ``count`` is of entries or
    fds, 1 for a sleep. ``seen`` is False if no hook sees it begin or end, so that it is inferred
    from its effects: an entry on an epoll instance's own queue, an fd on the ready list.
    """

    bar: Bar
    first: int | None
    last: int | None
    count: int
    words: str
    seen: bool = True


@dataclass(frozen=True)
class Arrow:
    """From the moment number ``moment`` to another column.

    ``lands`` is the moment it causes; ``span`` the index of the span that an arrow to the queues is
    about. None: not known, or not shown.
    """

    moment: int
    to: Side
    lands: int | None = None
    span: int | None = None
