"""bpftrace as the other instrument. Standard library only: the lab's guests import it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

BPFTRACE_READY = ("first", "last")
"""What our scripts print when their first and last probes are attached.

BEGIN would not do: it runs before the other probes are attached.
"""


def bpftrace_script(probes: Sequence[str], period: str) -> str:
    """Return a script of ``probes`` that reports when all of them are attached.

    ``period`` is how often it reports, ``ms:1`` or ``s:1``.
    """
    sentinels = [f'interval:{period} {{ printf("{word}\\n"); }}' for word in BPFTRACE_READY]
    return " ".join([sentinels[0], *probes, sentinels[1]])


def wait_for(words: Sequence[str], lines: Iterable[str]) -> bool:
    """Read lines until each of ``words`` was seen; False if the lines end before."""
    awaited = set(words)
    for line in lines:
        awaited.discard(line.strip())
        if not awaited:
            return True
    return False
