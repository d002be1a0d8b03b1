"""Identifies recordings, wherever their directories were copied to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Final

from analysis.trace.manifest import Manifest

DIGITS: Final = 16


def recording_id(manifest: Manifest) -> str:
    """Return the id of the recording: the same for its copies, and while it is being written.

    It is the beginning of a SHA-256 over the machine, the start time, and what was recorded.
    """
    facts = [
        manifest.host,
        manifest.release,
        manifest.started_at,
        manifest.started_ns,
        manifest.detail,
        manifest.command,
        asdict(manifest.watched) if manifest.watched else None,
        asdict(manifest.process) if manifest.process else None,
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:DIGITS]
