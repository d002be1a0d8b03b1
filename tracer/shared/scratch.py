"""A temporary directory that is removed however this process ends."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_KEEPER: Final = 'read -r _; rm -rf -- "$0" || { sleep 1; rm -rf -- "$0"; }'
"""A shell that waits for the end of a pipe: when we close it, or are killed."""


@contextmanager
def scratch_directory(purpose: str) -> Iterator[Path]:
    """Yield an empty directory that only its owner may enter.

    A separate process removes it, so that it is removed even after kill -9.
    """
    path = Path(tempfile.gettempdir()) / f"tracer-{purpose}-{secrets.token_hex(8)}"
    with subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.defpath},  # the caller's may have no rm, or another one
        start_new_session=True,  # a terminal's signals are not for it
    ):  # leaving closes the pipe and waits
        path.mkdir(mode=0o700)
        yield path
