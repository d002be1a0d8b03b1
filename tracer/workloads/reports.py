"""What several processes of a workload report, by their index.

In a memfd, since a pipe would need calls that are counted.
"""

from __future__ import annotations

import json
import os
from typing import Any, Final

_BYTES: Final = 1024
"""Room for one report."""


class Reports:
    """One memfd, which forked children inherit."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("reports")

    def write(self, place: int, report: dict[str, Any]) -> None:
        """Write the report of process number ``place``, from 0."""
        os.pwrite(self.fd, json.dumps(report).encode().ljust(_BYTES), place * _BYTES)

    def read(self, count: int) -> list[dict[str, Any]]:
        """Return the reports of the first ``count`` processes."""
        return [json.loads(os.pread(self.fd, _BYTES, place * _BYTES)) for place in range(count)]

    def close(self) -> None:
        """Release the memory."""
        os.close(self.fd)
