"""What workload and helper agree on: the addresses of a link's ends, the size of messages."""

from __future__ import annotations

from typing import Final

LOOPBACK: Final = "127.0.0.1"
SERVER: Final = "192.0.2.1"
CLIENT: Final = "192.0.2.2"
"""From a block reserved for examples (RFC 5737): no real network has them."""

PREFIX_BITS: Final = 30

MESSAGE_BYTES: Final = 4096
"""The most that a request or an answer takes."""
