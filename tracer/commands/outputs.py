"""One rule for files that exist, in all commands: refused, unless the user says --force."""

from __future__ import annotations

import argparse
from pathlib import Path

from tracer.shared.files import check_new


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add ``--force`` to a command that writes files."""
    parser.add_argument("--force", action="store_true", help="overwrite existing files")


def check_outputs(args: argparse.Namespace, *paths: Path | None) -> None:
    """Raise UsageError for the first of ``paths`` that may not be written, before any work."""
    for path in paths:
        if path is not None:
            check_new(path, force=args.force)
