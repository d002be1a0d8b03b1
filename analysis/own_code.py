"""A user's own Python file, whose tuple of claims or rules joins ours: read once, then run."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.verdicts.failures import described
from tracer.shared.errors import UsageError
from tracer.shared.message import message
from tracer.shared.trusted import read_code


def read_tuple(path: Path, name: str, what: str, needed: str, *, trusted: bool) -> Sequence[Any]:
    """Run the Python file ``path`` and return its tuple ``name``, which is not empty.

    ``what`` says what such a file is, ``needed`` what the tuple must contain. UsageError: there is
    no such file, it does not import, it has no such tuple, or it would run as root without being
    ``trusted`` and others may have written it.
    """
    if not path.is_file():
        raise UsageError(message("{path}: no such file; {what}", path=path, what=what))
    spec = importlib.util.spec_from_file_location(f"own_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(
            message("{path}: not a Python file (NAME.py); {what}", path=path, what=what)
        )
    module = importlib.util.module_from_spec(spec)
    try:
        # Read here, not by its loader: what runs is what was checked, not a __pycache__ beside it.
        exec(compile(read_code(path, trusted=trusted), str(path), "exec"), module.__dict__)  # noqa: S102
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            message("{path} cannot be imported: {why}", path=path, why=described(error, path))
        ) from error
    found = getattr(module, name, None)
    if not isinstance(found, (tuple, list)) or not found:
        raise UsageError(
            message("{path} has no {name}; {needed}", path=path, name=name, needed=needed)
        )
    return found
