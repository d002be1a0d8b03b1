"""The nouns that findings count, each in singular and plural: "1 entry", "41 entries".

A noun is a message of its own, number included, since a language may need a word in between
(Chinese), or another order.
"""

from __future__ import annotations

from typing import Final

from tracer.shared.message import Message, message, message_n

_TEXTS: Final = (
    message_n("{number} ADD", "{number} ADDs", count=1, number=1),
    message_n("{number} buffer", "{number} buffers", count=1, number=1),
    message_n("{number} byte", "{number} bytes", count=1, number=1),
    message_n("{number} call", "{number} calls", count=1, number=1),
    message_n("{number} callback", "{number} callbacks", count=1, number=1),
    message_n("{number} completion", "{number} completions", count=1, number=1),
    message_n("{number} edge-triggered fd", "{number} edge-triggered fds", count=1, number=1),
    message_n("{number} entry", "{number} entries", count=1, number=1),
    message_n("{number} epoll_wait", "{number} epoll_waits", count=1, number=1),
    message_n("{number} event", "{number} events", count=1, number=1),
    message_n("{number} fd", "{number} fds", count=1, number=1),
    message_n("{number} further event", "{number} further events", count=1, number=1),
    message_n("{number} level-triggered one", "{number} level-triggered ones", count=1, number=1),
    message_n("{number} mapping", "{number} mappings", count=1, number=1),
    message_n("{number} message", "{number} messages", count=1, number=1),
    message_n("{number} other waiter", "{number} other waiters", count=1, number=1),
    message_n("{number} outer epoll_wait", "{number} outer epoll_waits", count=1, number=1),
    message_n("{number} pass", "{number} passes", count=1, number=1),
    message_n("{number} poll", "{number} polls", count=1, number=1),
    message_n("{number} request", "{number} requests", count=1, number=1),
    message_n("{number} ring", "{number} rings", count=1, number=1),
    message_n("{number} round", "{number} rounds", count=1, number=1),
    message_n("{number} shared mapping", "{number} shared mappings", count=1, number=1),
    message_n("{number} signal", "{number} signals", count=1, number=1),
    message_n("{number} sleep", "{number} sleeps", count=1, number=1),
    message_n("{number} sleeping waiter", "{number} sleeping waiters", count=1, number=1),
    message_n("{number} wait", "{number} waits", count=1, number=1),
    message_n("{number} waiter", "{number} waiters", count=1, number=1),
    message_n("{number} wakeup", "{number} wakeups", count=1, number=1),
)

NOUNS: Final = {text.template.removeprefix("{number} "): text for text in _TEXTS}
"""Nouns by their singular. A pack's own noun need not be here: it stays in English."""


def with_noun(count: int, number: str, one: str, many: str = "") -> Message:
    """Return ``number`` with a noun, which is ``one`` if ``count`` is 1, else ``many``.

    ``many`` is needed for a noun that is not in NOUNS and whose plural is irregular.
    """
    known = NOUNS.get(one)
    if known is not None:
        return Message(known.template, known.plural, {"count": count, "number": number})
    noun = one if count == 1 else many or f"{one}s"
    return message("{number} {noun}", number=number, noun=noun)
